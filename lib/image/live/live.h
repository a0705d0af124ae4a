/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a live target share: live.c, trace.c and stop.c (stopping), budget.c (for how
 * long), copy.c (memory), proc.c (/proc), thread.c (threads), call.c (system calls), deny.c (why
 * not). */
#ifndef IMAGE_LIVE_H
#define IMAGE_LIVE_H

#include <pthread.h>
#include <sys/types.h>

#include "../private.h"

/* Room for pr_reg of every architecture of arch.c. */
#define LIVE_REG_BYTES 400

/* ---- proc.c: what /proc says; nothing here stops anything ---- */

#define PROC_NAME 64 /* room for a comm */

/* Of /proc/PID/status. */
struct proc_status {
	uint32_t tgid, ppid, tracer;
	uint32_t uid[3], gid[3]; /* real, effective, saved */
	uint64_t cap_permitted, cap_effective;
	unsigned seccomp; /* 2: a filter */
	char name[PROC_NAME];
	char state;        /* R S D T t Z X I */
	bool has_memory;   /* no thread of the kernel, and not dead */
	char ns_pids[128]; /* "4711 12": here, then inwards; "" unknown */
};
bool proc_status(uint64_t pid, struct proc_status *ret);

/* Of a thread, from its stat: cheaper than status. false: it is gone. */
bool proc_thread(uint64_t pid, uint32_t tid, char *ret_state, char ret_name[PROC_NAME]);
/* When the process began, in ticks since the boot; 0: it is gone. With its number it tells it from
 * any other: numbers are given again. */
uint64_t proc_started(uint64_t pid);
/* The kernel function that it sleeps in; false when in none, or it may not be known. */
bool proc_wchan(uint64_t pid, uint32_t tid, char ret[PROC_NAME]);

/* A system call, or without one (in_call false) merely where a thread blocks. */
struct proc_call {
	bool known; /* sp and pc are */
	bool in_call;
	int64_t number;
	uint64_t args[6], sp, pc;
};
/* known is false when the thread runs. */
struct proc_call proc_call(uint64_t pid, uint32_t tid);

/* Thread ids in the order of their start; *ret malloc'ed. 0: the process is gone. */
size_t proc_tasks(uint64_t pid, uint32_t **ret);
/* The first thread that is no zombie, by which maps and files of the process can be had even
 * when its first thread has exited; 0 none. */
uint32_t proc_living(uint64_t pid);
/* "sleeping" for S. */
const char *proc_state_word(char state);

/* How long a thread was ready to run while others had the CPU; 0 unknown. */
int64_t proc_run_delay(uint64_t pid, uint32_t tid);
/* Does a signal wait to be delivered to the process? */
bool proc_is_pending(uint64_t pid, int signal);

/* ---- budget.c: how long the target may stand ---- */

int64_t now_ns(void);

/* A thread of ours that works during the pause. */
struct worker {
	pthread_t thread;
	uint32_t tid;
	int64_t delay; /* of it when the pause began */
};

struct budget {
	uint64_t pid;  /* of the target */
	int64_t limit; /* what --max-pause allows, and grant for each thread that has stopped */
	int64_t grant;
	int64_t began; /* to count; the pause itself: */
	int64_t paused;
	int64_t starved, delayed; /* what does not count: the target's and our own */
	struct worker caller, tracing;
	int64_t seen_cpu; /* that the caller had used; 0 not looked at */
	bool unhurried;
	int64_t next_look; /* whether it still is */
};

/* On the thread of the caller. */
struct budget budget_open(uint64_t pid, uint32_t max_pause_ms);
/* On the one that traces: the pause begins. */
void budget_begin(struct budget *b);
/* So many threads have stopped. */
void budget_progress(struct budget *b, size_t threads);
/* A thread of the target was waited for that waited for a CPU. */
void budget_starved(struct budget *b, int64_t ns);
/* Somebody had stopped the target before. */
void budget_no_hurry(struct budget *b);
/* Are so many quarters of it used up? */
bool budget_over(struct budget *b, unsigned quarters);
/* When it is over: not quite, for the caller has not had its turn. */
bool budget_caller_starves(struct budget *b);
/* When to ask again, on CLOCK_MONOTONIC. */
int64_t budget_next(const struct budget *b);

/* ---- stop.c: ptrace itself; all of it on the thread that traces ---- */

enum traced_status {
	TRACED_SEIZED, /* attached, running */
	TRACED_WAITED, /* asked to stop */
	TRACED_STOPPED,
	TRACED_GONE,    /* exited, or a zombie */
	TRACED_REFUSED, /* errnum says why */
};

struct traced {
	uint32_t tid;
	enum traced_status status;
	int errnum;
	int signal;      /* that was about to be delivered: goes with the detach */
	bool group_stop; /* was stopped by job control, and stays so */
	bool reaped;     /* its number may be another thread's by now */
	size_t nregs;
	unsigned char regs[LIVE_REG_BYTES];
};

struct tracees {
	uint64_t pid;
	struct traced *list;
	size_t count, cap;
	struct map known; /* tid -> index */
	uint32_t *waiting;
	size_t nwaiting; /* those that are TRACED_WAITED, a queue */
};

/* Attaches to every thread without stopping any. */
void tracees_seize(struct tracees *t);
/* Stops them, and those that appear meanwhile. */
void tracees_stop(struct tracees *t, struct budget *budget);
/* Had job control stopped all of them? */
bool tracees_stopped_before(const struct tracees *t);
void tracees_detach(struct tracees *t);
void tracees_deinit(struct tracees *t);

/* ---- trace.c: the thread that traces ---- */

struct tracer;

/* Attaches to every thread of pid without stopping any. */
struct tracer *tracer_open(uint64_t pid);
/* The threads known so far; until tracer_stop() and tracer_close() they do not move. */
struct traced *tracer_threads(struct tracer *t, size_t *ret_count);
/* Stops them all and calls work(arg) on the thread that traces: so nobody waits for a change of
 * threads. keep: they stand until tracer_resume(). They run again when the budget of max_pause_ms is
 * over (budget.c), whatever the caller does; work() asks tracer_hold() now and then. */
void tracer_stop(struct tracer *t, uint32_t max_pause_ms, void (*work)(void *arg), void *arg,
		 bool keep);
/* Lets them run; idempotent. */
void tracer_resume(struct tracer *t);
/* Between these two a stopped target does not begin to run. false: it runs already. */
bool tracer_hold(struct tracer *t);
void tracer_release(struct tracer *t);
/* How long the first one that stopped was not running; valid after tracer_resume(). */
uint64_t tracer_pause_ns(const struct tracer *t);
/* max_pause_ms was over before tracer_resume(). */
bool tracer_expired(const struct tracer *t);
void tracer_close(struct tracer *t);

/* A thread of ours, on which handlers of the program that we are in do not run; hurries: before what
 * others run, if that is allowed. 0 or an errno. */
int live_thread_start(pthread_t *ret, bool hurries, void *(*run)(void *arg), void *arg);

/* ---- room.c: where copies are kept ---- */

struct chunk {
	unsigned char *bytes;
	size_t size, used;
};
struct room {
	struct chunk *chunks;
	size_t count, cap;
};

/* Before the pause. */
void room_prepare(struct room *room, size_t size);
/* Until room_deinit(); NULL: there is no memory. */
unsigned char *room_take(struct room *room, size_t size);
/* The last that was taken, or the end of it. */
void room_give_back(struct room *room, const unsigned char *bytes, size_t size);
void room_deinit(struct room *room);

/* ---- copy.c: memory ---- */

/* Bytes that were read from the target: [start, start + size). */
struct run {
	uint64_t start;
	size_t size;
	unsigned char *bytes;
};

struct copies {
	struct run *runs;
	size_t nruns, cap_runs;
	struct room room;
	struct map pages; /* page address -> index of the run that has it */
	struct memory *sets;
	size_t nsets, cap_sets; /* of live_gather(), one each; not all are sorted */
	size_t total;
	bool full; /* more was asked for than is copied at most */
};

/* What /proc said of a thread before the stop: afterwards it says only that it is stopped. */
struct before {
	char state;
	const char *name, *wchan; /* builder's; NULL unknown */
	struct proc_call call;
};

struct live {
	uint64_t pid;          /* of the process */
	uint64_t started;      /* when it began */
	uint32_t tid;          /* a living thread of it: names it in /proc */
	struct tracer *tracer; /* NULL: it is read without stopping it */
	struct copies copies;
	struct before *before;
	struct map before_of; /* tid -> index */
	bool early;           /* it was stopped before its modules were looked for */
	bool keep;            /* it stands until it is resumed, or the time is over */
	bool stopped;         /* image_stop() was called */
	bool resumed;         /* only copies are left */
	bool denied;          /* before that: something was not read, for the time was over */
	bool late;            /* but values may be read from the running target */
	bool no_vm_readv;     /* the system call is forbidden here */
	int mem;              /* /proc/PID/mem; -1 */
	unsigned want;
	uint32_t max_pause_ms;
	uint64_t stack_bytes; /* copied of each stack at first, or at most */
	char root[40];        /* /proc/PID/root; "" when it is ours */
	char *exe;            /* what /proc/PID/exe points to; NULL unknown */
};

/* Reads from the target itself, past every copy. */
size_t live_read(struct live *live, uint64_t addr, void *ret, size_t size);
/* image_ops: through the copies. */
size_t live_fetch(struct image *image, uint64_t addr, void *ret, size_t size);
const unsigned char *live_peek(struct image *image, uint64_t addr, size_t need, size_t *ret_size);
/* Makes room for the stacks of so many threads, as much as they mostly use. more: somebody will
 * read other things too. */
void live_make_room(struct image *image, size_t threads, bool more);
/* Copies of the used part of the stack of every thread that has registers what is from `from` to `to`
 * bytes from its stack pointer. */
void live_copy_stacks(struct image *image, uint64_t from, uint64_t to);
void live_copies_deinit(struct live *live);
/* So many bytes more are not too many; notes that they would have been. */
bool live_has_room(struct live *live, size_t size);
/* Between these two the target stands, so that what is read belongs together; false: it runs. */
bool live_hold(struct live *live);
void live_release(struct live *live);

/* ---- gather.c: many small pieces at once ---- */
/* The piece that holds addr; NULL. */
const struct segment *live_piece_at(struct live *live, uint64_t addr);
void live_gather(struct image *image, struct image_piece *pieces, size_t count);

/* ---- maps.c ---- */
/* Fills ranges and mapped files from /proc/PID/maps. */
struct stk_error *live_maps(struct image *image);
/* false: other files are mapped with execute permission than when live_maps() looked. Takes
 * over the new ranges. */
bool live_maps_again(struct image *image);

/* ---- thread.c ---- */
/* Before the stop: name, state, kernel function of each thread. */
void live_threads_before(struct image *image, const uint32_t *tids, size_t count);
/* Registers; notes about those that did not stop. */
void live_threads_stopped(struct image *image);
/* After the pause: names, states, system calls of those that did. */
void live_threads_explain(struct image *image);
/* The same without stopping them: of a thread that sleeps, /proc knows where. */
void live_threads_unstopped(struct image *image);
void live_threads_deinit(struct live *live);

/* ---- call.c ---- */
/* "futex(0x7f.., 128, 0)"; builder's. */
const char *live_call_text(struct builder *b, const struct arch *arch,
			   const struct proc_call *call);
/* The system call that pr_reg stands in; in_call false when in none; known false where the
 * architecture does not tell. *ret_blocked: it sleeps in it. */
struct proc_call live_call_of_regs(const struct arch *arch, const unsigned char *pr_reg,
				   bool *ret_blocked);
/* Is it the child of clone(), which has not run yet? */
bool live_call_is_birth(const struct arch *arch, const unsigned char *pr_reg);
/* The registers that a call leaves known: pc, sp, and those of its arguments. */
void live_call_registers(const struct arch *arch, const struct proc_call *call,
			 struct image_regs *ret);

/* ---- deny.c ---- */
/* What a refusal may rest on, found out by live_deny(). */
struct deny_facts {
	uint64_t pid;
	int errnum;
	uint32_t own_uid, own_gid;
	uint64_t own_caps;       /* effective */
	bool own_user_namespace; /* not the first one of the machine */
	unsigned own_seccomp;
	struct proc_status target;
	bool dumpable;
	int yama;               /* ptrace_scope; -1: no Yama */
	char tracer[PROC_NAME]; /* name of target.tracer */
};
struct stk_error *live_deny(uint64_t pid, int errnum);
/* The reason in words, and what helps. */
enum stk_remedy live_deny_text(const struct deny_facts *facts, char *ret, size_t size);
/* Says that the remedy is to be applied to the process. */
struct stk_error *live_help(struct stk_error *err, enum stk_remedy remedy, uint64_t pid) STK_MUST;

#endif

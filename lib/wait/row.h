/* SPDX-License-Identifier: Apache-2.0 */
/* What the rows of wait/ share: one row is one kind of wait. */
#ifndef WAIT_ROW_H
#define WAIT_ROW_H

#include "wait.h"

/* Of the stack, newest first: what is called by a lock is not far from it. */
#define WAIT_NAMES 14

struct waits {
	struct image *image;
	struct builder *b;
	const struct arch *arch;
	const struct image_thread *threads;
	uint32_t nthreads;
	bool musl;         /* its C library is musl: glibc's layouts mean nothing */
	struct map by_tid; /* -> index of the thread + 1; also by the id in its own namespace */
	struct symbols *symbols; /* NULL while the target is stopped */
};

/* What a thread does: it is its turn. */
struct turn {
	struct waits *w;
	struct image *image;
	const struct image_thread *thread;
	int64_t number;
	uint64_t args[6];
	/* of futex() */
	uint64_t word;  /* its address */
	uint32_t value; /* what the caller had seen there ... */
	uint32_t now;   /* ... and what is there */
	bool has_now;
	unsigned op;   /* without flags: FUTEX_OP_* */
	bool shared;   /* another process may wake it */
	bool realtime; /* FUTEX_CLOCK_REALTIME */
	bool timed;    /* it ends by itself */
	/* Names of the functions that led there, without leading underscores; nnames is 0 while the
	 * target is stopped. NULL: unknown. */
	const char *names[WAIT_NAMES];
	bool own[WAIT_NAMES]; /* not of the system's libraries */
	unsigned nnames;
};

enum {
	FUTEX_OP_WAIT = 0,
	FUTEX_OP_LOCK_PI = 6,
	FUTEX_OP_WAIT_BITSET = 9,
	FUTEX_OP_REQUEUE_PI = 11,
	FUTEX_OP_LOCK_PI2 = 13,
};

/* How well memory fits a kind. */
enum fit {
	FIT_NONE,
	FIT_LOOSE,  /* nothing speaks against it */
	FIT_WELL,   /* values that others rarely have */
	FIT_PROVEN, /* values that nothing else has: ids of threads, pointers to each other */
};

struct found {
	uint64_t object;  /* address of the lock */
	uint32_t owner;   /* thread; 0 unknown */
	bool gone;        /* the owner is no thread of this process */
	bool stale;       /* the word has changed: it is about to go on */
	uint32_t ignored; /* bits of the word that may change meanwhile */
	bool outside;     /* what ends it need not be a thread of this process */
	bool timed;
	uint64_t related; /* a second object: the mutex of a condition variable */
	char facts[160];  /* what decided */
	char text[200];   /* what follows the object in a sentence; "" nothing */
};

/* To add a kind of lock: fill in one of these, and add it to the table of its file (glibc.c, musl.c,
 * languages.c); a system call that is no futex is a line in call.c. */
struct wait_row {
	const char *kind; /* as in stk_wait.kind */
	/* Functions that wait so, separated by blanks: how their names begin (without underscores), or
	 * behind '*' what is in them. NULL: there are none. */
	const char *functions;
	/* Does memory say so? Fills what it knows even with FIT_LOOSE. */
	enum fit (*fits)(struct turn *t, struct found *ret);
};

extern const struct wait_row wait_glibc[], wait_musl[], wait_languages[]; /* end with a NULL kind */

/* What is not futex(): false when the call is not known to wait. *ret_kind: as in stk_wait.kind. */
bool wait_call(struct turn *t, struct found *ret, const char **ret_kind);
/* Is it futex(), or a kin of it? Fills what struct turn has of it. */
bool wait_is_futex(struct turn *t);
/* restart_syscall() has the arguments of the call that it goes on with, but not its number: that is in the
 * code before the pc. */
void wait_see_through_restart(struct turn *t);

/* ---- for the rows ---- */

/* A 32-bit word of the target at an address; `otherwise` when it cannot be read. */
uint32_t wait_u32(const struct turn *t, uint64_t addr, uint32_t otherwise);
/* The thread of an id that the target itself has noted; NULL: there is none. */
const struct image_thread *wait_thread(const struct turn *t, uint32_t tid);
/* The thread of a pthread_t; NULL. */
const struct image_thread *wait_pthread(const struct turn *t, uint64_t pthread);
/* Sets owner or gone by an id in memory; false when it is 0. */
bool wait_set_owner(const struct turn *t, uint32_t tid, struct found *ret);
/* May it be the address of a lock? In memory that can be written to. */
bool wait_is_data(const struct turn *t, uint64_t addr);
/* Does glibc's mutex at this address look like one? */
bool wait_is_mutex(const struct turn *t, uint64_t addr);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* stk.h - what every thread and goroutine of a program was doing, as data.
 *
 * N inputs (a core, a process, a text trace) become one `struct stk_dump`;
 * every output and every analysis reads only that. A dump is immutable: filtering
 * and grouping return a new dump that borrows from the old one.
 *
 * Ownership: everything reachable from a dump belongs to it and lives until
 * stk_free(). A derived dump (stk_filter, stk_group) borrows strings and frames
 * from the dump that it was made from: free the derived one first.
 * Errors: a function that can fail returns `struct stk_error *`, NULL for success;
 * the caller frees it with stk_error_free(). Out parameters are untouched on failure.
 * What could be done only in part is no error: it is a note in the dump.
 * Strings: NUL-terminated, not NULL unless said so, and may hold any byte that the
 * target chose to put there: never send them to a terminal unescaped. All strings
 * of one dump are interned: equal strings are equal pointers.
 * Numbers: addresses are the target's; times are nanoseconds; ids are arrays' indices.
 * Threads: different dumps may be used by different threads at the same time.
 * Requests: the structs that a caller fills in (stk_files, stk_want, stk_pause, stk_filter,
 * stk_style) begin with their size and are made by stk_files_init() and so on. NULL in place of one
 * means what these make. So they can grow: a program that was compiled with a shorter one goes on
 * to work, and one that sets what this library does not know yet is told so (STK_USAGE).
 */
#ifndef STK_H
#define STK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define STK_API __attribute__((visibility("default")))
#define STK_MUST __attribute__((warn_unused_result))
#else
#define STK_API
#define STK_MUST
#endif

/* An index that points nowhere. */
#define STK_NONE UINT32_MAX

/* ---- errors ---- */

/* Values are the exit statuses of stk(1), so that a caller can just return them. */
enum stk_code {
	STK_FAILED = 2,         /* nothing could be done with this input */
	STK_USAGE = 64,         /* the request makes no sense */
	STK_NO_INPUT = 66,      /* there is no such file or process */
	STK_NO_PERMISSION = 77, /* the message says why, `remedy` what helps */
};

/* What helps against an error or a note. The library has no command line: each program puts it in
 * terms of what its user can do. */
enum stk_remedy {
	STK_REMEDY_NONE,
	/* a process that may not be read */
	STK_REMEDY_ROOT,      /* as root */
	STK_REMEDY_HOST_ROOT, /* as root of the host: it is outside of this user namespace */
	STK_REMEDY_SECCOMP,   /* outside of this container, or without its seccomp filter */
	STK_REMEDY_PTRACE,    /* with CAP_SYS_PTRACE, which root of this container lacks */
	STK_REMEDY_NO_PAUSE,  /* without the one that traces it, or with stk_pause.none */
	/* what was not captured */
	STK_REMEDY_MAX_PAUSE, /* a higher stk_pause.max_pause_ms */
	STK_REMEDY_DEEP,      /* STK_WANT_DEEP */
	/* files */
	STK_REMEDY_FORCE,      /* stk_files.force */
	STK_REMEDY_EXE,        /* stk_files.exes, or .sysroot */
	STK_REMEDY_SOURCE_MAP, /* stk_files.source_maps */
	/* what was named is something else */
	STK_REMEDY_PROCESS,  /* the number of a process: stk_pid() */
	STK_REMEDY_CORE,     /* a core: stk_core() */
	STK_REMEDY_TEXT,     /* text: stk_text() */
	STK_REMEDY_UNPACK,   /* an archive: what is in it */
	STK_REMEDY_MINIDUMP, /* another program, which reads minidumps */
	STK_REMEDY_LLDB,     /* lldb, on macOS */
	STK_REMEDY_KERNEL,   /* crash(8) or drgn */
};

struct stk_error {
	enum stk_code code;
	const char *message; /* one line, lower case, no full stop */
	enum stk_remedy remedy;
	const char *
		subject; /* what the remedy is to be applied to: the number of a process, a path; "" */
};

STK_API void stk_error_free(struct stk_error *err);

/* ---- notes: what is missing or doubtful, with a stable code ---- */

enum stk_severity {
	STK_INFO,    /* worth knowing; the data is complete */
	STK_WARNING, /* complete, but doubtful */
	STK_LOSS,    /* something is missing: exit status 1 */
};

/* X(enum name, code as printed and documented in stk-notes(7), severity) */
#define STK_NOTE_CODES(X) \
	X(CORE_TRUNCATED, "core-truncated", STK_LOSS) \
	X(CORE_DAMAGED, "core-damaged", STK_LOSS) \
	X(MEMORY_MISSING, "memory-missing", STK_LOSS) \
	X(MODULE_MISSING, "module-missing", STK_LOSS) \
	X(MODULE_DELETED, "module-deleted", STK_LOSS) \
	X(BUILD_ID_MISMATCH, "build-id-mismatch", STK_LOSS) \
	X(BUILD_ID_FORCED, "build-id-forced", STK_WARNING) \
	X(BUILD_ID_UNKNOWN, "build-id-unknown", STK_INFO) \
	X(FILE_SHRANK, "file-shrank", STK_LOSS) \
	X(DEBUG_UNREADABLE, "debug-unreadable", STK_LOSS) \
	X(DEBUG_MISMATCH, "debug-mismatch", STK_WARNING) \
	X(STACK_UNREADABLE, "stack-unreadable", STK_LOSS) \
	X(STACK_NO_UNWIND, "stack-no-unwind", STK_LOSS) \
	X(STACK_LOOP, "stack-loop", STK_LOSS) \
	X(STACK_LIMIT, "stack-limit", STK_LOSS) \
	X(STACK_GUESSED, "stack-guessed", STK_WARNING) \
	X(THREAD_MISSED, "thread-missed", STK_LOSS) \
	X(THREAD_GONE, "thread-gone", STK_INFO) \
	X(PID_IS_THREAD, "pid-is-thread", STK_WARNING) \
	X(PAUSE_EXCEEDED, "pause-exceeded", STK_LOSS) \
	X(UNVERIFIED, "unverified", STK_WARNING) \
	X(LIMIT_REACHED, "limit-reached", STK_LOSS) \
	X(RUNTIME_FALLBACK, "runtime-fallback", STK_INFO) \
	X(RUNTIME_UNREADABLE, "runtime-unreadable", STK_LOSS) \
	X(VALUES_LATER, "values-later", STK_WARNING) \
	X(SOURCE_MISSING, "source-missing", STK_INFO) \
	X(NOT_BUILT_IN, "not-built-in", STK_LOSS) \
	X(TEXT_UNPARSED, "text-unparsed", STK_LOSS) \
	X(TEXT_TRUNCATED, "text-truncated", STK_LOSS) \
	X(WORD_UNKNOWN, "word-unknown", STK_LOSS) \
	X(STACK_SCANNED, "stack-scanned", STK_LOSS) \
	X(SOURCE_REFUSED, "source-refused", STK_WARNING) \
	X(MODULE_CRASHED_PARSER, "module-crashed-parser", STK_LOSS)

enum stk_note_code {
#define X(name, code, severity) STK_NOTE_##name,
	STK_NOTE_CODES(X)
#undef X
		STK_NOTE_COUNT
};

struct stk_note {
	enum stk_note_code id;
	enum stk_severity severity;
	const char *code;    /* "core-truncated" */
	const char *subject; /* what it is about: a path, "thread 12"; may be "" */
	const char *text;    /* one line for a person, without the subject */
	enum stk_remedy remedy;
};

/* ---- where code was ---- */

enum stk_module_status {
	STK_MODULE_FOUND,      /* a file with the build id of the one that ran */
	STK_MODULE_UNVERIFIED, /* a file, but no build id to compare */
	STK_MODULE_FORCED,     /* a file of another build, used because it was asked for */
	STK_MODULE_MISMATCH,   /* a file of another build, not used */
	STK_MODULE_MISSING,    /* no file */
	STK_MODULE_MEMORY,     /* read from the target's memory (vdso, deleted file) */
};

struct stk_module {
	const char *path;     /* as the target knew it; "[vdso]" */
	const char *file;     /* the file that was read here; NULL when none */
	const char *debug;    /* the separate debug file; NULL when none or not asked for yet */
	const char *build_id; /* lower-case hex of the one that ran; "" when unknown */
	uint64_t start, end;  /* target addresses [start, end) */
	uint64_t bias;        /* address in the target - address in the file */
	enum stk_module_status status;
	bool deleted; /* the target's file was unlinked or replaced */
};

struct stk_source {
	uint32_t first; /* number of the first line */
	uint32_t count;
	const char *const *lines; /* without line ends */
};

struct stk_insn {
	uint64_t address; /* the target's */
	const char *text;
	bool current;
};

struct stk_disasm {
	uint32_t count;
	const struct stk_insn *insns;
};

/* A place in the code. Interned. An unknown function is module + offset with a
 * reason (`why`), never a bare "??". */
struct stk_loc {
	const char *func;     /* as a person writes it (demangled); NULL when unknown */
	const char *linkage;  /* the symbol's own name; NULL when it is the same or unknown */
	const char *file;     /* NULL when unknown */
	const char *why;      /* when func or file is NULL: the reason, in words; may be NULL */
	uint32_t line;        /* 1-based; 0 unknown */
	uint32_t column;      /* 1-based; 0 unknown */
	uint32_t module;      /* index into modules; STK_NONE when in none */
	bool inlined;         /* this call was inlined into the next frame outwards */
	uint64_t offset;      /* address within the module's file (pc - bias); 0 when no module */
	uint64_t func_offset; /* pc - entry of the physical function; UINT64_MAX unknown */
	uint64_t call_offset; /* Go: where this call stands in the physical function; each of the
			       * calls that were inlined at one pc has its own; 0 unknown */
	const struct stk_source *source; /* lines around it; NULL unless asked for and found */
	const struct stk_disasm *disasm; /* instructions around it; the same */
	const char *language; /* of an interpreter's frame: "python"; NULL: native, Go, unknown */
};

/* How a frame was found. */
enum stk_how {
	STK_HOW_REGS,        /* the task's own registers: the first frame */
	STK_HOW_CFI,         /* call frame information of the module */
	STK_HOW_FP,          /* the frame pointer chain */
	STK_HOW_LINK,        /* the link register, or the word at the stack pointer */
	STK_HOW_GOPCLNTAB,   /* Go's own tables */
	STK_HOW_GUESS,       /* a guess: marked wherever it is shown */
	STK_HOW_TEXT,        /* read from a text trace */
	STK_HOW_INLINE,      /* from debug information of the frame further out */
	STK_HOW_INTERPRETER, /* an interpreter's own record of its frames */
	STK_HOW_PROLOGUE,    /* the code of the frame before, which has no call frame information */
	STK_HOW_SCAN,        /* the first return address on the stack: a guess, marked */
};

enum {
	STK_FRAME_ACTIVATION = 1, /* pc is the next instruction, not a return address */
	STK_FRAME_SIGNAL = 2,     /* a signal trampoline: "<signal handler called>" */
	STK_FRAME_RUNTIME = 4,    /* hidden below level system (the runtime's own rule) */
	STK_FRAME_FORCED = 8,     /* symbolized with a file of another build */
	/* Whose code it is, as far as names tell. A frame may be several of these. */
	STK_FRAME_LIBRARY = 16,  /* of its language's standard library */
	STK_FRAME_PLUMBING = 32, /* no task is known by it: the C library, a runtime's inner part */
	STK_FRAME_LANGUAGE = 64, /* of its language's runtime itself, hidden or not */
	STK_FRAME_PANIC = 128,   /* the language's panic(): what is newer deals with that */
	STK_FRAME_START = 256,   /* the function that every task of the language begins in */
	STK_FRAME_INTERPRETER =
		512, /* an interpreter's own work, below and between the frames of the
				      * program that it runs: folded below level system */
};

/* Interned: two tasks at the same place share the frame's id. */
struct stk_frame {
	uint64_t pc;    /* as unwound: for outer frames the return address; 0 unknown (text) */
	uint32_t loc;   /* index into locs */
	uint16_t flags; /* STK_FRAME_* */
	uint16_t how;   /* enum stk_how */
};

/* Why a stack ends. */
enum stk_end {
	STK_END_ROOT,       /* the outermost frame: complete */
	STK_END_NO_UNWIND,  /* no unwind information at end_address */
	STK_END_UNREADABLE, /* memory at end_address is not available */
	STK_END_LOOP,       /* the next frame would be this one again */
	STK_END_LIMIT,      /* stk's own bound */
	STK_END_TEXT,       /* a text trace: it ended there; nothing else is known */
	STK_END_NONE,       /* there is no stack (a note says why) */
};

/* Newest frame first. Interned whole: tasks with equal stacks share the id. */
struct stk_stack {
	const uint32_t *frames; /* indices into dump->frames */
	uint32_t count;
	uint32_t elided;    /* frames left out (-n, or by the producer of a text); STK_NONE: an
			     * unknown number of them ("...additional frames elided...") ... */
	uint32_t elided_at; /* ... before frames[elided_at] */
	enum stk_end end;
	uint64_t end_address;
};

/* ---- tasks ---- */

enum stk_task_kind { STK_THREAD, STK_GOROUTINE, STK_TRACE /* a stack of a report: "freed by" */ };

enum {
	STK_TASK_CRASHED = 1,     /* the one that died */
	STK_TASK_CURRENT = 2,     /* the one that a debugger would select */
	STK_TASK_SYSTEM = 4,      /* the runtime's own: hidden below level system */
	STK_TASK_LOCKED = 8,      /* Go: locked to its thread */
	STK_TASK_RUNNING = 16,    /* on a CPU, or on its OS thread, when captured */
	STK_TASK_UNVERIFIED = 32, /* read without stopping it */
	STK_TASK_MISSED = 64,     /* it never stopped; there is no stack */
};

struct stk_label {
	const char *key, *value;
};
struct stk_reg {
	const char *name;
	uint64_t value;
};

/* A variable of a frame, already worded: typed text with every doubt in it. */
struct stk_value {
	const char *name;
	const char *type; /* "" when unknown */
	const char *text; /* "<optimized out>" when there is none */
	bool argument;
};

/* What only this task knows of a frame; parallel to its stack's frames. */
struct stk_detail {
	uint64_t sp;      /* stack pointer in this frame; 0 unknown */
	uint64_t cfa;     /* canonical frame address; 0 unknown (Go prints it as fp) */
	const char *args; /* the argument text between the brackets; NULL unknown */
	const struct stk_value *values;
	uint32_t nvalues;
};

/* How sure a statement is. */
enum stk_certainty {
	STK_CERTAIN,  /* memory says so itself */
	STK_LIKELY,   /* it fits, and rarely anything else does */
	STK_POSSIBLE, /* one of several explanations */
};

enum {
	STK_WAIT_OUTSIDE =
		1, /* what ends it need not be a task of this process: time, a peer, a signal */
	STK_WAIT_TIMED = 2,      /* it ends by itself */
	STK_WAIT_OWNER_GONE = 4, /* `owner` is no thread of this process */
	STK_WAIT_ENDING = 8,     /* the object is free by now: the task is about to go on */
};

/* An object that a blocked task waits for. Of a thread more than one: it is one of them. */
struct stk_wait {
	const char *kind;   /* "chan receive", "mutex", "fd" ... */
	uint64_t address;   /* 0 when it has none */
	const char *text;   /* "chan int 0xc000 (len 0, cap 1), 3 goroutines queued" */
	const char *object; /* the name of what is at the address: "cache_lock"; NULL unknown */
	const char *basis;  /* the facts that decided; NULL */
	uint64_t owner;     /* the thread that has it, or that is to end; 0 unknown or none */
	uint64_t related;   /* address of a second object (a condition variable's mutex); 0 none */
	uint32_t certainty; /* enum stk_certainty */
	uint32_t flags;     /* STK_WAIT_* */
};

/* What Go's goroutine header has beyond the task itself. Tasks of which all of it is equal share it. */
struct stk_go {
	uint64_t m_address; /* mp= */
	int64_t m;          /* m=; -1 none */
	uint64_t bubble;    /* synctest bubble or group; 0 none */
	bool scan, leaked, durable;
	bool labels;        /* its runtime prints them (GODEBUG=tracebacklabels) */
	const char *status; /* runtime status word: "waiting"; state holds the wait reason */
};

/* A goroutine of whose creation the runtime kept the stack (tracebackancestors). */
struct stk_ancestor {
	uint64_t id;
	uint32_t stack;
	uint32_t creator; /* frame id; STK_NONE */
};

/* The rarer parts of a task; tasks may share them. `task->more` is never NULL. */
struct stk_more {
	const struct stk_label *labels;
	uint32_t nlabels;
	const struct stk_reg *regs;
	uint32_t nregs;
	const struct stk_wait *waits;
	uint32_t nwaits;
	const struct stk_ancestor *ancestors;
	uint32_t nancestors;
	const struct stk_go *go; /* NULL unless a goroutine of a known runtime */
	const char *wchan;       /* kernel function it sleeps in; NULL unknown */
	const char *syscall;     /* "futex(0x7f.., 0x80, ...)"; NULL when in none or unknown */
	const char *header;      /* text traces: the line that introduced this stack; NULL */
};

struct stk_task {
	uint64_t id;         /* thread id or goroutine id */
	uint64_t creator_id; /* id of the goroutine (thread) that created it; 0 unknown */
	uint64_t address;    /* of the runtime's record of it (Go's g, gp=); 0 none or unknown */
	int64_t wait_ns;     /* how long it has been in this state; -1 unknown */
	const char *name;    /* thread's name; NULL unknown */
	const char *state;   /* "running", "chan receive", "sleeping"; NULL unknown */
	const struct stk_detail *detail; /* one per frame of the stack; NULL unless asked for */
	const struct stk_more *more;
	uint32_t stack;   /* index into stacks */
	uint32_t creator; /* frame id of the place that created it; STK_NONE unknown */
	uint32_t tid;     /* OS thread that it is on; 0 none or unknown */
	uint16_t flags;   /* STK_TASK_* */
	uint8_t kind;     /* enum stk_task_kind */
	uint8_t signal;   /* signal pending or being delivered on this thread; 0 none */
};

/* Tasks that look alike. Sorted: largest first, then first seen. */
struct stk_group {
	const uint32_t *tasks; /* indices into dump->tasks, in order */
	uint32_t count;
	uint32_t stack;                   /* the stack of the first */
	int64_t min_wait_ns, max_wait_ns; /* of those known; -1 when none is */
	const uint32_t *counts; /* stk_diff(): how many each dump has, in order; NULL otherwise */
	uint32_t stuck;         /* stk_diff(): how many are in it, under one id, in all of them */
};

/* stk_diff(): the tasks [first, first + count) are those of one of the dumps. */
struct stk_compared {
	const char *name; /* its target's */
	uint32_t first, count;
};

/* ---- what happened ---- */

/* A sentence about the cause, and what it rests on. */
struct stk_statement {
	const char *text, *basis;
};

struct stk_cause {
	int signal;              /* 0: not killed by a signal, or unknown */
	int code;                /* si_code */
	const char *signal_name; /* "SIGSEGV"; "" when signal is 0 */
	const char *code_text;   /* "address not mapped"; "" when unknown */
	bool has_address;
	uint64_t address;                /* si_addr */
	uint32_t sender_pid, sender_uid; /* of a signal that was sent; 0 otherwise */
	const char *text;    /* "SIGSEGV: address not mapped (0x10)"; "" when nothing happened */
	const char *message; /* what the program itself said last (abort message, panic); NULL */
	bool deadlock;       /* the runtime found that none of its tasks can go on */
	const char *handled; /* "SIGSEGV: address not mapped (0x10)": where the program raised the
				    signal itself in a handler, what that was called for; NULL */
	/* with STK_WANT_REGS, of a signal that the program itself caught before it died of it: what
	 * they were when it came */
	const struct stk_reg *regs;
	uint32_t nregs;
	const struct stk_statement *statements;
	uint32_t nstatements;
	const char *signature;         /* stable across builds; NULL */
	const char *address_signature; /* needs no symbols; NULL */
};

/* A line of `stk info`: section "go", key "version", value "go1.19.8". */
struct stk_fact {
	const char *section, *key, *value;
};

enum stk_target_kind { STK_TARGET_CORE, STK_TARGET_PROCESS, STK_TARGET_TEXT, STK_TARGET_FILE };

struct stk_target {
	enum stk_target_kind kind;
	const char *name;             /* the core's or text's path, "pid 12" */
	uint64_t pid;                 /* 0 unknown */
	const char *executable;       /* path as the target knew it; "" unknown */
	const char *command;          /* short name (comm); "" unknown */
	const char *command_line;     /* as the kernel recorded it; "" unknown */
	const char *arch;             /* "x86_64"; "" unknown */
	uint32_t word;                /* bytes of an address; 0 unknown */
	uint32_t threads, goroutines; /* all of them, whatever a filter left */
	uint64_t pause_ns;            /* live: how long it was stopped; 0 not at all */
	const char *go_version; /* "go1.19.8": the language runtime; "go" (of an unknown release) and
				     "gccgo": its goroutines are not read; NULL when not Go */
};

/* Text traces: a report holds tasks [first, first + count). */
struct stk_report {
	const char *format; /* "go", "asan", "gdb" ... */
	const char *title;  /* "panic: boom", "AddressSanitizer: heap-use-after-free ..."; "" */
	const char *source; /* file it was read from */
	uint32_t line;      /* 1-based line in source */
	uint32_t first, count;
};

/* Text traces: bytes that belong to no trace and stood before task `task`. */
struct stk_span {
	const char *bytes; /* not NUL-terminated */
	size_t size;
	uint32_t task;
};

/* ---- who waits for whom: with STK_WANT_WAITS ---- */

/* A task, wherever it is: a filter may have dropped it from dump->tasks. */
struct stk_party {
	uint64_t id;
	uint32_t kind;   /* enum stk_task_kind */
	uint32_t target; /* of several dumps (stk_waits()): index into compared; 0 */
};

/* What tasks wait for. Sorted: most waiters first. */
struct stk_object {
	const char *kind; /* "mutex", "rwlock", "chan" ... */
	const char *name; /* NULL unknown */
	uint64_t address;
	uint32_t target;        /* in which it is, as in stk_party */
	bool owned;             /* owner is known */
	struct stk_party owner; /* who has it; with `gone` only its id is known */
	bool gone;              /* the owner is no task of this process */
	const struct stk_party *waiters;
	uint32_t nwaiters;
};

enum stk_verdict_kind {
	STK_VERDICT_DEADLOCK,   /* each of them waits for the next, the last one for the first */
	STK_VERDICT_SELF,       /* one waits for what it has itself */
	STK_VERDICT_OWNER_GONE, /* who has it does not exist (any more) in this process */
	STK_VERDICT_JOIN,       /* a cycle of nothing but waits for each other's end */
	STK_VERDICT_UPGRADE,    /* a reader that wants to write */
	STK_VERDICT_NOBODY, /* everybody waits for somebody to wake them, and nobody is left who could */
	STK_VERDICT_LOST_WAKEUP, /* a signal went to nobody: a known fault of the C library */
	STK_VERDICT_LEAK,        /* goroutines that the runtime has found to wait for ever */
	STK_VERDICT_CONTENTION,  /* many wait for one that goes on: no deadlock */
};

struct stk_verdict {
	enum stk_verdict_kind kind;
	enum stk_certainty certainty;
	const char *text;  /* one line: "2 threads wait for each other" */
	const char *basis; /* what it rests on; NULL: the waits of its tasks */
	uint64_t address;  /* of the object, where it is about one; 0 */
	const struct stk_party *tasks;
	uint32_t ntasks; /* of a cycle each waits for the next */
	uint32_t behind; /* how many other tasks wait for these, directly or not */
};

struct stk_dump {
	struct stk_target target;
	struct stk_cause cause;
	const struct stk_task *tasks;
	uint32_t ntasks; /* the crashed or current one first */
	const struct stk_stack *stacks;
	uint32_t nstacks;
	const struct stk_frame *frames;
	uint32_t nframes;
	const struct stk_loc *locs;
	uint32_t nlocs;
	const struct stk_module *modules;
	uint32_t nmodules; /* by start address */
	const struct stk_note *notes;
	uint32_t nnotes; /* in the order of discovery */
	const struct stk_fact *facts;
	uint32_t nfacts;
	const struct stk_group *groups;
	uint32_t ngroups; /* only after stk_group() */
	const struct stk_report *reports;
	uint32_t nreports;
	const struct stk_span *spans;
	uint32_t nspans;
	const struct stk_compared *compared;
	uint32_t ncompared; /* only after stk_diff(), stk_waits() */
	const struct stk_verdict *verdicts;
	uint32_t nverdicts; /* the worst first */
	const struct stk_object *objects;
	uint32_t nobjects;
	bool complete; /* no note of loss */
};

STK_API void stk_free(struct stk_dump *dump);

/* ---- inputs ---- */

enum stk_debuginfod { STK_DEBUGINFOD_AUTO, STK_DEBUGINFOD_OFF };

/* What is read of a module's files: each with all that come before it here. */
enum stk_part { STK_PART_NONE, STK_PART_DEBUG, STK_PART_SYMBOLS, STK_PART_FILE };

/* A module of which this part, and those before it, are not read; the note says why. */
struct stk_skip {
	const char *module; /* its path as the target knew it */
	enum stk_part part;
	const char *why; /* "killed by SIGSEGV" */
};

/* Where the target's files are on this machine. As it is made: right here. */
struct stk_files {
	size_t size; /* stk_files_init() */
	const char *const *exes;
	size_t nexes;        /* executables given by the user; text traces: several */
	const char *sysroot; /* prefix of the target's paths; NULL none */
	const char *const *debug_dirs;
	size_t ndebug_dirs; /* besides /usr/lib/debug */
	const char *const *source_maps;
	size_t nsource_maps; /* "FROM=TO" */
	enum stk_debuginfod debuginfod;
	bool force; /* use files of another build */
	/* called now and then during downloads and other long work; nonzero cancels it */
	int (*progress)(void *arg, const char *what, uint64_t done, uint64_t total);
	void *progress_arg;
	/* Called before something of a module is read that a stranger may have made, for a caller that wants
	 * to know, from another process, what killed this one; "" when that is over. */
	void (*stage)(void *arg, enum stk_part part, const char *module);
	void *stage_arg;
	const struct stk_skip *skips;
	size_t nskips; /* what is not to be read, by such a caller */
};

static inline void stk_files_init(struct stk_files *files)
{
	memset(files, 0, sizeof(*files));
	files->size = sizeof(*files);
}

/* What is captured beyond stacks. */
enum {
	STK_WANT_DETAIL = 1, /* stk_detail of every frame */
	STK_WANT_REGS = 2,
	STK_WANT_ARGS = 4, /* typed values of arguments */
	STK_WANT_LOCALS = 8,
	STK_WANT_SOURCE = 16,
	STK_WANT_DISASM = 32,
	STK_WANT_CAUSE = 64,       /* statements and signatures */
	STK_WANT_WAITS = 128,      /* what blocked tasks wait for */
	STK_WANT_DEEP = 256,       /* live: copy whole stacks, however deep */
	STK_WANT_THREADS = 512,    /* OS threads as such, not merged with the goroutines they run */
	STK_WANT_TEXT = 1024,      /* text traces: keep what belongs to no trace */
	STK_WANT_NO_STACKS = 2048, /* modules, cause and facts only */
	STK_WANT_STRICT = 4096,    /* Go: only what the runtime itself would have printed */
	STK_WANT_GO_VIEW =
		8192, /* Go: stacks as the runtime sees them: a goroutine in a system call
				  * or in C begins where it left Go, and C below a callback is passed over */
	STK_WANT_KEY =
		16384, /* the thread that crashed, by builds and offsets alone: no symbols are looked
			       * for. Of programs whose runtime has tasks of its own nothing */
};

/* As it is made: nothing beyond stacks. */
struct stk_want {
	size_t size;           /* stk_want_init() */
	unsigned what;         /* STK_WANT_* */
	uint32_t source_lines; /* with STK_WANT_SOURCE; 0 = 5 */
};

static inline void stk_want_init(struct stk_want *want)
{
	memset(want, 0, sizeof(*want));
	want->size = sizeof(*want);
}

struct stk_pause {
	size_t size;           /* stk_pause_init() */
	uint32_t max_pause_ms; /* 0 = 200; stk(1) tells what counts */
	bool none;             /* read without stopping */
};

static inline void stk_pause_init(struct stk_pause *pause)
{
	memset(pause, 0, sizeof(*pause));
	pause->size = sizeof(*pause);
}

/* A core file. `path` "-" is standard input; compressed ones are recognised. */
STK_API struct stk_error *stk_core(const char *path, const struct stk_files *files,
				   const struct stk_want *want, struct stk_dump **ret) STK_MUST;
/* A running process; it is running again when this returns, whatever happened. */
STK_API struct stk_error *stk_pid(uint64_t pid, const struct stk_pause *pause,
				  const struct stk_files *files, const struct stk_want *want,
				  struct stk_dump **ret) STK_MUST;
/* Text traces. `path` "-" is standard input. STK_FAILED when there is no trace in it. */
STK_API struct stk_error *stk_text(const char *const *paths, size_t npaths,
				   const struct stk_files *files, const struct stk_want *want,
				   struct stk_dump **ret) STK_MUST;
/* Whatever the user named, told by what it is: the number of a process, a core, a text. `accept`: 1 << enum
 * stk_target_kind for each that will do, 0 any of them. Something else is an error that says what it
 * is. */
STK_API struct stk_error *stk_open(const char *name, unsigned accept, const struct stk_pause *pause,
				   const struct stk_files *files, const struct stk_want *want,
				   struct stk_dump **ret) STK_MUST;
/* What it is, by a look at its beginning: digits are a process, ELF files that are no core a file. */
STK_API struct stk_error *stk_identify(const char *name, enum stk_target_kind *ret) STK_MUST;
/* Addresses within a file: a task per address, in order; its id is its number. */
STK_API struct stk_error *stk_addresses(const char *exe, const uint64_t *addresses, size_t count,
					const struct stk_files *files, const struct stk_want *want,
					struct stk_dump **ret) STK_MUST;

/* ---- analyses ---- */

/* Go's GOTRACEBACK ladder: no task; the crashed ones, else the current, else the first; all but
 * the runtime's own (but those that crashed, and those asked for by id); all; all. */
/* clang-format off */
enum stk_level { STK_LEVEL_NONE, STK_LEVEL_SINGLE, STK_LEVEL_ALL, STK_LEVEL_SYSTEM, STK_LEVEL_CRASH };
/* clang-format on */

/* As it is made: every task that is not the runtime's own, whole. */
struct stk_filter {
	size_t size; /* stk_filter_init() */
	enum stk_level level;
	/* drop STK_FRAME_RUNTIME and _INTERPRETER frames (unless nothing else is left) */
	bool hide_runtime;
	bool hide_interpreter; /* drop the latter only */
	bool no_inlines;
	bool no_native;      /* of stacks with frames of an interpreter only those */
	uint32_t max_frames; /* 0 = all */
	const uint64_t *ids;
	size_t nids; /* only these tasks */
	int kind;    /* -1 all, else enum stk_task_kind */
	/* POSIX extended expressions. Each of `match` must match something of the task: a
	 * function or FILE:LINE of its frames or of its creator (of a frame without a function,
	 * the path of its module), its state, its name, a label (KEY=VALUE) or its header. None of
	 * `exclude` may. */
	const char *const *match;
	size_t nmatch;
	const char *const *exclude;
	size_t nexclude;
	int64_t min_wait_ns; /* 0 = all; tasks whose wait is unknown are dropped */
};

static inline void stk_filter_init(struct stk_filter *filter)
{
	memset(filter, 0, sizeof(*filter));
	filter->size = sizeof(*filter);
	filter->level = STK_LEVEL_ALL;
	filter->kind = -1;
}

STK_API struct stk_error *stk_filter(const struct stk_dump *dump, const struct stk_filter *filter,
				     struct stk_dump **ret) STK_MUST;

/* Tasks are alike when they are of one kind and state, and their stacks end alike and have the
 * same addresses and arguments; lines and arguments; lines; functions. */
enum stk_group_key { STK_GROUP_EXACT, STK_GROUP_ARGS, STK_GROUP_LINE, STK_GROUP_FUNC };

/* The same tasks, and dump->groups. */
STK_API struct stk_error *stk_group(const struct stk_dump *dump, enum stk_group_key key,
				    struct stk_dump **ret) STK_MUST;

/* Several dumps as one, with dump->compared and dump->groups: what is new, gone, grown. Borrows
 * from all of them. */
STK_API struct stk_error *stk_diff(const struct stk_dump *const *dumps, size_t count,
				   enum stk_group_key key, struct stk_dump **ret) STK_MUST;

/* Several targets as one, of which the tasks may wait for each other: dump->compared, ->verdicts,
 * ->objects. They were read with STK_WANT_WAITS. Borrows from all of them. */
STK_API struct stk_error *stk_waits(const struct stk_dump *const *dumps, size_t count,
				    struct stk_dump **ret) STK_MUST;

/* A run of frames [at, at + period * times) that repeats with `period`; everything
 * outside of runs stands once. Runs are in order and do not overlap. */
struct stk_run {
	uint32_t at, period, times;
};

/* Finds recursion in a stack: the runs go to *ret (caller frees with free()), their number is
 * returned. Linear in the frames. */
STK_API size_t stk_stack_runs(const struct stk_dump *dump, const struct stk_stack *stack,
			      struct stk_run **ret);

/* What can be asked of a dump. X(enum name, word, what stands behind the word: "=" a number) */
/* clang-format off */
#define STK_CONDITIONS(X) \
	X(CRASH, "crash", "")       /* a task died, or a signal killed the program */ \
	X(PARTIAL, "partial", "")   /* something is missing: a note of loss */ \
	X(DEADLOCK, "deadlock", "") /* the runtime says so, or a verdict that is not just possible: tasks \
				     * that can never go on */ \
	X(GROWN, "grown", "=")      /* of stk_diff(): a group has n more in the last dump than in the first */
/* clang-format on */

enum stk_condition {
#define X(name, word, operand) STK_CONDITION_##name,
	STK_CONDITIONS(X)
#undef X
		STK_CONDITION_COUNT
};

/* Does it hold? n is for those that ask for a number (0 is 1). */
STK_API bool stk_holds(const struct stk_dump *dump, enum stk_condition condition, uint64_t n);

/* ---- many crashes ---- */

/* A frame of a crash's stack, as far as it tells one fault from another. */
struct stk_crash_frame {
	const char *
		func; /* without what differs from build to build; the module's name where unknown */
	const char *file; /* NULL unknown */
	uint32_t line;    /* 0 unknown */
	bool counts; /* it says something of the fault: no plumbing, no second round of a recursion */
};

/* One crash: what of a dump is kept to compare it with others. Strings may be NULL where no comment
 * says so. */
struct stk_crash {
	const char *path;  /* of the core or text; never NULL */
	const char *error; /* why nothing could be read of it; everything else is then NULL and 0 */
	const char *id;  /* of the bug: "stk-3f9a0c12d4e1"; the same where the names are the same */
	const char *key; /* builds and offsets: needs no symbols */
	const char *signature;   /* "SIGSEGV: parse_header | handle | worker" */
	const char *fault;       /* kind: "SIGSEGV write", "heap-use-after-free", "panic" */
	const char *cause;       /* "SIGSEGV: address not mapped (0x10)" */
	const char *explanation; /* the first statement of the cause */
	const char *message;     /* what the program said last */
	const char *executable;  /* path as the target knew it */
	const char *build_id;
	const char
		*severity; /* "EXPLOITABLE", "PROBABLY_EXPLOITABLE", "NOT_EXPLOITABLE", "UNKNOWN" */
	const char *severity_reason;
	const struct stk_crash_frame *frames;
	uint32_t nframes;
	bool complete; /* the dump had no note of loss */
};

/* Another bug that looks like it, and why they were not taken for one. */
struct stk_like {
	uint32_t bug;
	double score;
	const char *text;
};

struct stk_bug {
	const char *id;
	uint32_t crash; /* the one that is shown: index into crashes */
	const uint32_t *crashes;
	uint32_t count; /* by path */
	const struct stk_like *likes;
	uint32_t nlikes; /* most alike first */
};

/* Bugs: most crashes first, then the worst, then by signature. Crashes: by path. */
struct stk_bugs {
	const struct stk_crash *crashes;
	uint32_t ncrashes;
	const struct stk_bug *bugs;
	uint32_t nbugs;
	const uint32_t *unread;
	uint32_t nunread; /* crashes with an error */
	const uint32_t *none;
	uint32_t nnone; /* targets in which nothing had crashed */
};

/* A crash as one line of JSON, without line end: what stk_bugs_read() reads, on whatever machine.
 * free() it. `path` is its name there. */
STK_API char *stk_crash_line(const struct stk_dump *dump, const char *path) STK_MUST;
/* What crashes of one bug and build have in common, without symbols: malloc'ed, NULL where it takes more
 * to know. Costs a fraction of stk_core(). */
STK_API char *stk_crash_key(const char *path, const struct stk_files *files) STK_MUST;
/* The line of a crash of the same key, made from that of another. */
STK_API char *stk_crash_line_as(const char *line, const char *path) STK_MUST;
/* The same of one that could not be read. */
STK_API char *stk_crash_error_line(const char *path, const char *error) STK_MUST;
/* Lines in any order; two of one path are taken once (the longer one). A line that is none is an
 * error that tells its number. */
STK_API struct stk_error *stk_bugs_read(const char *const *lines, size_t count,
					struct stk_bugs **ret) STK_MUST;
STK_API void stk_bugs_free(struct stk_bugs *bugs);
/* The formats of stk_bugs_write(), in order of documentation; ends with a NULL name. */
struct stk_bugs_format {
	const char *name, *summary;
};
STK_API const struct stk_bugs_format *stk_bugs_formats(void);
/* Writes to a file descriptor, as stk_write(). root: prefix of source paths that is left out in what
 * points into a checkout (NULL none). */
struct stk_style;
STK_API struct stk_error *stk_bugs_write(const struct stk_bugs *bugs, const char *format,
					 const char *root, const struct stk_style *style,
					 int fd) STK_MUST;
/* How much two crashes of it are alike, frame by frame, in words. free() it. */
STK_API char *stk_bugs_why(const struct stk_bugs *bugs, uint32_t a, uint32_t b) STK_MUST;

/* ---- outputs ---- */

struct stk_style {
	size_t size; /* stk_style_init() */
	bool colour;
	uint32_t width; /* columns of a terminal; 0: do not shorten anything */
	bool verbose;   /* list what is normally summed up */
	enum stk_level level;
	const char *verbose_option; /* how the user asks for that ("-v"), to be told where it is
				     * summed up; NULL: nothing is said */
};

static inline void stk_style_init(struct stk_style *style)
{
	memset(style, 0, sizeof(*style));
	style->size = sizeof(*style);
	style->level = STK_LEVEL_ALL;
}

/* What a format needs captured and how it wants the dump prepared. */
struct stk_format {
	const char *name;
	const char *summary;
	unsigned want;     /* STK_WANT_* */
	bool groups;       /* run stk_group() first */
	bool hide_runtime; /* default of stk_filter.hide_runtime when no level was given */
	bool folds; /* it has a way to show STK_FRAME_INTERPRETER frames in few words, or is data */
};

/* The known formats, in order of documentation; ends with a NULL name. */
STK_API const struct stk_format *stk_formats(void);

/* Writes to a file descriptor. A closed pipe is STK_FAILED with an empty message. */
STK_API struct stk_error *stk_write(const struct stk_dump *dump, const char *format,
				    const struct stk_style *style, int fd) STK_MUST;
/* Other tables: "threads", "goroutines", "info", "addr"; after stk_diff(): "diff". */

STK_API const char *stk_note_code_name(enum stk_note_code code);
/* A copy of text that may be shown on a terminal: control bytes, bidirectional overrides and
 * broken UTF-8 stand as \xHH. free() it. */
STK_API char *stk_escape(const char *text) STK_MUST;
/* For the program's handler of SIGBUS, with siginfo's si_addr. Files are mapped, and one that is cut
 * while it is read (a rotated log, a core that is still written, a failing disk) has pages behind
 * which there is nothing. This puts zeros there, and the dump that is being made gets the note
 * file-shrank. false: the address is in no mapped file, and the signal is not ours. */
STK_API bool stk_lost_page(const void *address);
/* Version of stk and, one a line, of the libraries it stands on and what is missing. */
STK_API const char *stk_version(void);

#ifdef __cplusplus
}
#endif
#endif

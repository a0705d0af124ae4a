/* SPDX-License-Identifier: Apache-2.0 */
/* words - every word of the model's enums, once: what json, the outputs for people, html and the
 * readers of stk's own formats call a value. A value is a row here, and nowhere else a string.
 *
 * X(value, word, noun, text): `word` is what stk-json(5) promises, and never changes; `noun` is what
 * a person counts ("2 goroutines"); `text` is what the default format prints, and what the reader of
 * that format therefore looks for. NULL: there is none. */
#ifndef MODEL_WORDS_H
#define MODEL_WORDS_H

#include "../include/stk.h"

/* text: the heading of a task's block */
#define WORDS_TASK_KIND(X) \
	X(STK_THREAD, "thread", "thread", "Thread") \
	X(STK_GOROUTINE, "goroutine", "goroutine", "Goroutine") \
	X(STK_TRACE, "trace", "stack", "Stack")

/* text: the mark behind the function */
#define WORDS_HOW(X) \
	X(STK_HOW_REGS, "regs", "registers", NULL) \
	X(STK_HOW_CFI, "cfi", "call frame information", NULL) \
	X(STK_HOW_FP, "fp", "frame pointer", "fp") \
	X(STK_HOW_LINK, "link", "return address", "recovered from the return address") \
	X(STK_HOW_GOPCLNTAB, "gopclntab", "Go's tables", NULL) \
	X(STK_HOW_GUESS, "guess", "guess", "guessed") \
	X(STK_HOW_TEXT, "text", "text", NULL) \
	X(STK_HOW_INLINE, "inline", "debug information", NULL) \
	X(STK_HOW_INTERPRETER, "interpreter", "the interpreter's records", NULL) \
	X(STK_HOW_PROLOGUE, "prologue", "code of the function before", "prologue") \
	X(STK_HOW_SCAN, "scan", "scan of the stack", "scan")

/* noun: in few words; text: the line below the last frame, '@' where end_address stands. */
#define WORDS_END(X) \
	X(STK_END_ROOT, "root", NULL, NULL) \
	X(STK_END_NO_UNWIND, "no-unwind", "no unwind information", \
	  "stack ends here: no unwind information for @") \
	X(STK_END_UNREADABLE, "unreadable", "memory that is not there", \
	  "stack ends here: memory at @ is not ") \
	X(STK_END_LOOP, "loop", "the next frame would be this one again", \
	  "stack ends here: the next frame would be this one again") \
	X(STK_END_LIMIT, "limit", "more frames than stk reads", \
	  "stack cut here: more frames than stk's limit") \
	X(STK_END_TEXT, "text", NULL, NULL) \
	X(STK_END_NONE, "none", "no stack", "no stack")

/* How the line of STK_END_UNREADABLE goes on: of a core, of anything else. */
#define WORD_NOT_IN_CORE "in the core"
#define WORD_NOT_READABLE "readable"

#define WORDS_TARGET_KIND(X) \
	X(STK_TARGET_CORE, "core", "core", NULL) \
	X(STK_TARGET_PROCESS, "process", "process", NULL) \
	X(STK_TARGET_TEXT, "text", "text trace", NULL) \
	X(STK_TARGET_FILE, "file", "file", NULL)

#define WORDS_MODULE_STATUS(X) \
	X(STK_MODULE_FOUND, "found", "found", NULL) \
	X(STK_MODULE_UNVERIFIED, "unverified", "unverified", NULL) \
	X(STK_MODULE_FORCED, "forced", "forced", NULL) \
	X(STK_MODULE_MISMATCH, "mismatch", "mismatch", NULL) \
	X(STK_MODULE_MISSING, "missing", "missing", NULL) \
	X(STK_MODULE_MEMORY, "memory", "memory", NULL)

/* noun: a sentence about the task; text: what stands behind its state, within the brackets */
#define WORDS_TASK_FLAG(X) \
	X(STK_TASK_CRASHED, "crashed", NULL, NULL) \
	X(STK_TASK_CURRENT, "current", NULL, NULL) \
	X(STK_TASK_SYSTEM, "system", "of the runtime", NULL) \
	X(STK_TASK_LOCKED, "locked", "locked to its thread", "locked to thread") \
	X(STK_TASK_RUNNING, "running", "running when captured", NULL) \
	X(STK_TASK_UNVERIFIED, "unverified", "read without stopping it", "read while running") \
	X(STK_TASK_MISSED, "missed", "it never stopped", "never stopped")

/* What Go knows besides stands there, too. */
#define WORD_LEAKED "leaked"
#define WORD_BUBBLE "synctest bubble "

/* text: the mark behind the function; of a signal's frame all there is */
#define WORDS_FRAME_FLAG(X) \
	X(STK_FRAME_ACTIVATION, "activation", NULL, NULL) \
	X(STK_FRAME_SIGNAL, "signal", NULL, "signal handler called") \
	X(STK_FRAME_RUNTIME, "runtime", NULL, NULL) \
	X(STK_FRAME_FORCED, "forced", NULL, "file of another build") \
	X(STK_FRAME_LIBRARY, "library", NULL, NULL) \
	X(STK_FRAME_PLUMBING, "plumbing", NULL, NULL) \
	X(STK_FRAME_LANGUAGE, "language", NULL, NULL) \
	X(STK_FRAME_PANIC, "panic", NULL, NULL) \
	X(STK_FRAME_START, "start", NULL, NULL) \
	X(STK_FRAME_INTERPRETER, "interpreter", "the interpreter's own", NULL)

#define WORD_SIGNAL_FRAME "<signal handler called>"
#define WORD_INLINED "inlined"
/* How a line goes on that stands for frames of an interpreter's own: "... frames 3-7" */
#define WORD_FOLDED ": the interpreter's own"

#define WORDS_CERTAINTY(X) \
	X(STK_CERTAIN, "certain", NULL, NULL) \
	X(STK_LIKELY, "likely", NULL, " (likely)") \
	X(STK_POSSIBLE, "possible", NULL, " (possibly)")

/* noun: the heading of the block; text: is the program stuck? */
#define WORDS_VERDICT(X) \
	X(STK_VERDICT_DEADLOCK, "deadlock", "deadlock", NULL) \
	X(STK_VERDICT_SELF, "self-deadlock", "deadlock with itself", NULL) \
	X(STK_VERDICT_OWNER_GONE, "owner-gone", "a lock without an owner", NULL) \
	X(STK_VERDICT_JOIN, "join-cycle", "deadlock of joins", NULL) \
	X(STK_VERDICT_UPGRADE, "upgrade", "a reader that wants to write", NULL) \
	X(STK_VERDICT_NOBODY, "nobody", "nobody left to wake the others", NULL) \
	X(STK_VERDICT_LOST_WAKEUP, "lost-wakeup", "a lost wakeup", NULL) \
	X(STK_VERDICT_LEAK, "leak", "leaked goroutines", NULL) \
	X(STK_VERDICT_CONTENTION, "contention", "contention, no deadlock", NULL)

#define WORDS_WAIT_FLAG(X) \
	X(STK_WAIT_OUTSIDE, "outside", NULL, NULL) \
	X(STK_WAIT_TIMED, "timed", NULL, NULL) \
	X(STK_WAIT_OWNER_GONE, "owner_gone", NULL, NULL) \
	X(STK_WAIT_ENDING, "ending", NULL, NULL)

#define WORDS_SEVERITY(X) \
	X(STK_INFO, "info", "note", NULL) \
	X(STK_WARNING, "warning", "warning", NULL) \
	X(STK_LOSS, "loss", "loss", NULL)

/* The reasons of stk_loc.why that stk itself has: X(name, text). Texts of others have their own. */
#define WORDS_WHY(X) \
	X(NO_FILE, "no file of this module here") \
	X(OTHER_BUILD, "the file here is of another build") \
	X(STRIPPED, "stripped") \
	X(NO_SYMBOL, "no symbol covers it") \
	X(NO_DEBUG, "no debug information") \
	X(NO_LINE, "no line information") \
	X(NO_MODULE, "not in any module") \
	X(GENERATED, "generated code, in no module") \
	X(NO_GO_FUNCTION, "no function of Go's table is here") \
	X(NO_GO_TABLE, "Go's function table is missing") \
	X(BEING_BUILT, "a frame that is being built or cleared") \
	X(NO_GO_LINE, "Go's line table has nothing for this pc")

enum why {
#define X(name, text) WHY_##name,
	WORDS_WHY(X)
#undef X
		WHY_COUNT
};

extern const char *const why_text[WHY_COUNT];

struct word {
	unsigned value;
	const char *word, *noun, *text;
};

struct word_list {
	const char *what; /* "task kind" */
	const struct word *list;
	unsigned count;
};

extern const struct word_list words_task_kind, words_how, words_end, words_target_kind;
extern const struct word_list words_module_status, words_task_flag, words_frame_flag,
	words_severity;
extern const struct word_list words_certainty, words_wait_flag, words_verdict;

/* The row of a value: never NULL, for one that has none a row of "unknown". */
const struct word *words_row(const struct word_list *words, unsigned value);
/* The row of a word; NULL when there is none. */
const struct word *words_find(const struct word_list *words, const char *word);

#endif

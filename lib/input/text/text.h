/* SPDX-License-Identifier: Apache-2.0 */
/* Text traces inside input/: the reader that hands out clean lines, the builder of stacks, and
 * the table of formats.
 *
 * A file is a log in which traces stand. find.c looks for the marks of all formats in one pass
 * over the bytes, and at each mark asks the formats, in the order of the table, whether a trace
 * begins there: first with the lines as they are, then with what may have been put around them
 * taken off (a `struct wrapper`: prefix, suffix, indentation, JSON, escapes). A format therefore
 * sees only clean lines, and everything that no format took stays outside text.
 *
 * To add a format: one file with `const struct trace_format trace_NAME`, one line in the table
 * of find.c (the more specific before the more general), one declaration below, a directory
 * of samples in testdata/text/ (tests/unit/test_trace.c reads them all), a row in stk(1).
 */
#ifndef INPUT_TEXT_H
#define INPUT_TEXT_H

#include "../input.h"
#include "../../origin/origin.h"
#include "slice.h"

/* ---- the reader ---- */

struct trace;

/* A place in the input; copy it to come back. */
struct trace_place {
	size_t at;         /* offset of the next physical line */
	uint32_t line;     /* its 1-based number */
	struct slice rest; /* decoded lines of the physical line before, still to come */
};

/* The next clean line, without its end; false at the end of the input or where lines have
 * another wrapper. trace_peek() does not consume, trace_peek_at(t, 1, ...) looks one further. */
bool trace_next(struct trace *t, struct slice *ret);
bool trace_peek(struct trace *t, struct slice *ret);
bool trace_peek_at(struct trace *t, unsigned ahead, struct slice *ret);
/* Drops one line that trace_peek() gave. */
void trace_skip(struct trace *t);
/* The line above the next one, where that is known. */
bool trace_above(struct trace *t, struct slice *ret);
struct trace_place trace_place(const struct trace *t);
void trace_return(struct trace *t, struct trace_place place);
/* Number of the physical line that the last trace_next() or trace_skip() consumed. */
uint32_t trace_line_number(const struct trace *t);
/* The line that trace_next() gave goes on after `taken` bytes with another, lost line end. */
void trace_split(struct trace *t, struct slice line, size_t taken);
/* The lines between `from` and `to` were read, but are another writer's: they are kept as text. */
void trace_pass(struct trace *t, struct trace_place from, struct trace_place to);
/* So is the next one. */
void trace_pass_line(struct trace *t);
/* What a line is to the stack that is being read. */
enum trace_line {
	TRACE_LINE_OTHER, /* another writer's: the stack may go on behind it */
	TRACE_LINE_OWN,   /* it goes on here */
	TRACE_LINE_END,   /* it is over: a head, a frame of another stack */
};

/* Judges the next line, which is given too; may read on from there and come back. */
typedef enum trace_line trace_judge(struct trace *t, struct slice line, const void *arg);
/* The next line is none of the stack: does that go on behind lines of others? true: these have been
 * passed (they are kept as text), the next line is its own. */
bool trace_gap(struct trace *t, trace_judge *judge, const void *arg);
/* The same of stacks without numbers and heads: what is a paragraph of its own ends them. */
bool trace_small_gap(struct trace *t, trace_judge *judge, const void *arg);
/* Would it be true? Nothing is passed. */
bool trace_leads(struct trace *t, trace_judge *judge, const void *arg);
/* The judgement of frame number `number` where `expected` comes next: it, a later one, or once more the
 * one before, where inlined calls share a number; any other is of another stack. */
enum trace_line trace_judge_number(uint64_t number, uint64_t expected);
/* Frame number `number` is about to be pushed: what is missing before it is counted as left out, and
 * *expected is the one that comes next. false: it is of another stack. */
bool trace_number(struct trace *t, uint64_t number, uint64_t *expected);
/* For formats that know where they end: the bytes from the next line on, at NULL unless the lines are
 * those of the input; and passing over the first `size` of them and what is left of that line. */
struct slice trace_raw(const struct trace *t);
void trace_take(struct trace *t, size_t size);
/* Nothing follows: the input ends here (not only the wrapper). */
bool trace_at_end(struct trace *t);

/* ---- building ---- */

struct trace_frame {
	struct slice func, file, module, build_id;
	struct slice args; /* between the brackets; kept only with STK_WANT_DETAIL ... */
	const struct stk_value *values; /* ... as are variables: memory of the dump */
	uint32_t nvalues;
	const char *why; /* when func is unknown */
	uint32_t line, column;
	uint64_t pc;          /* as printed; 0 unknown */
	uint64_t offset;      /* within the module; 0 unknown */
	uint64_t func_offset; /* UINT64_MAX unknown */
	uint64_t sp, cfa;     /* 0 unknown; kept only with STK_WANT_DETAIL */
	/* STK_FRAME_*; _ACTIVATION for a pc that is that of the call itself, not what it returns
	 * to: all frames of the sanitizers. First frames of threads need no mark. */
	uint16_t flags;
	uint16_t how; /* STK_HOW_*; 0: of the text, as most */
	bool inlined;
	const struct stk_disasm *disasm; /* memory of the dump */
};

#define TRACE_FRAME_INIT \
	{ \
		.func_offset = UINT64_MAX \
	}

/* A file that a memory map in the text has at [start, end). */
#define TRACE_OFFSET_UNKNOWN UINT64_MAX /* the piece that has the program's code */
struct trace_mapping {
	uint64_t start, end, offset;
	uint32_t module; /* what trace_map() fills in: the file, as a module of the dump ... */
	uint32_t report; /* ... and whose the map is */
};

/* What is mapped below this is a program that is linked to its address (at 0x400000 on x86, at 0x10000
 * on arm64): its addresses are those of the file. Nothing that is relocated comes to stand there. */
#define TRACE_LINKED_BELOW UINT64_C(0x1000000)

struct builder *trace_builder(struct trace *t);
bool trace_wants(const struct trace *t, unsigned what);
const char *trace_str(struct trace *t, struct slice s); /* NULL when s is unknown */

/* A line of source that the trace shows with the frame that is made next; kept with
 * STK_WANT_SOURCE. false: it does not go with those before it. */
#define TRACE_SOURCE_GAP 16 /* lines that may be missing between two of them */
bool trace_source_line(struct trace *t, uint32_t number, struct slice text);
/* Interned; the frame is not yet part of a stack. */
uint32_t trace_frame(struct trace *t, const struct trace_frame *frame);
/* Adds to the stack that is being collected; detail may be NULL. */
void trace_push(struct trace *t, uint32_t frame, const struct trace_frame *detail);
void trace_push_frame(struct trace *t, const struct trace_frame *frame);
uint32_t trace_pushed(const struct trace *t); /* how many frames it has */
/* The last `period` frames again, `times` times; false: there are not as many, or too many. */
bool trace_repeat(struct trace *t, uint32_t period, uint64_t times);
/* The stack that is collected has details, asked for or not. */
void trace_detailed(struct trace *t);
/* Frames were left out here by the producer; count STK_NONE when it does not say how many. A stack
 * has one such place, the first: what is left out elsewhere is counted with it. */
void trace_elided(struct trace *t, uint32_t count);
void trace_elided_at(struct trace *t, uint32_t count, uint32_t at);
/* Why the stack ends, when that is known; otherwise it is the text that does. */
void trace_end(struct trace *t, enum stk_end end, uint64_t address);
/* Takes the collected stack: its id, or a new task that has it. The collection is then empty. */
uint32_t trace_stack(struct trace *t);
struct stk_task *trace_task(struct trace *t, enum stk_task_kind kind);
/* A number that equal collected stacks share. */
uint64_t trace_hash(const struct trace *t);
/* Is the collected stack that of the task `task`, printed again? Then it is dropped, and what it
 * says of frames beyond what was known is added to them. */
bool trace_again(struct trace *t, uint32_t task);
/* `count` of them that share stack and `more` (NULL: nothing), for profiles: they have no ids. */
void trace_tasks(struct trace *t, enum stk_task_kind kind, uint64_t count,
		 const struct stk_more *more);
/* The rarer parts of a task, to be filled in: a copy of its own of what it had. */
struct stk_more *trace_more(struct trace *t, uint32_t task);
/* A frame that is known by these bytes: true and its id, or false and the slot to be filled
 * with what trace_frame() gives. For formats with millions of equal lines. */
bool trace_memo(struct trace *t, const void *key, size_t size, uint32_t **ret);

/* The report that read() is in: a read() is one. */
void trace_title(struct trace *t, struct slice title); /* the first one counts */
/* What killed the program, to be filled in; false when an earlier report has said so. */
bool trace_cause(struct trace *t, struct stk_cause **ret);
/* The same of what a program has only logged: a death that is told of later takes its place. */
bool trace_logged(struct trace *t, struct stk_cause **ret);
/* A piece of a memory map: a file of this name was there. A read() of nothing else is no report. */
void trace_map(struct trace *t, const struct trace_mapping *mapping, struct slice path,
	       struct slice build_id);
/* The same beside a trace, of the piece of the file that has the code: its offset is not known. */
void trace_code_at(struct trace *t, uint64_t start, uint64_t size, struct slice path);
/* For formats that are dumps themselves: a report of this read(), which is then none itself, and,
 * where the input is nothing but one dump, that the builder's target is that of the text as well. */
void trace_report(struct trace *t, struct stk_report report);
void trace_restored(struct trace *t);
/* This is a dump that is not to be read, and why: where nothing else is found, that is the error. */
void trace_refuse(struct trace *t, uint32_t line, const char *why);
/* The name of the file. */
const char *trace_source(const struct trace *t);
/* Notes about the line `line`. */
void trace_note(struct trace *t, enum stk_note_code code, uint32_t line, const char *what);
void trace_unparsed(struct trace *t, uint32_t line, const char *what);
/* The lines at `line` look like a stack of a language that nothing reads. */
void trace_unread(struct trace *t, uint32_t line, const char *language);
void trace_truncated(struct trace *t, uint32_t line, const char *what);

/* ---- formats ---- */

/* The lines above a mark, as a format sees them: number 0 is the nearest. */
struct trace_above;
#define TRACE_ABOVE_LINES 64
/* false: there is none, it belongs to another trace, or it is too far away. Only until the next call. */
bool trace_above_line(struct trace_above *above, unsigned number, struct slice *ret);

extern const char trace_to_tab[];

/* By what a trace is found: the bytes `text` stand in one of its first lines. */
struct trace_mark {
	const char *text;
	const char *back; /* bytes that may stand before `text` and belong to the trace; "" none;
			   * trace_to_tab: all from the last tab on */
	bool above;       /* the trace begins in a line above; the last mark in a line counts */
};

struct trace_format {
	const char *name;               /* stk_report.format */
	const struct trace_mark *marks; /* ends with a NULL text */
	/* Does a trace begin at the next line? May read ahead; where it leaves t does not matter. */
	bool (*probe)(struct trace *t);
	/* Reads it whole: tasks, title, notes. Ends before the first line that is not its own.
	 * One that takes no line did not find a trace after all, and has made no task. */
	void (*read)(struct trace *t);
	/* How many of the lines above a mark that is `above` belong to the trace; NULL: one. */
	unsigned (*above)(struct trace_above *above);
	/* Where in its line the trace begins, of which a mark ends where `line` does; NULL: the `back` of
	 * the mark tells. SIZE_MAX: it begins in a line before, of which a logger has made several. */
	size_t (*column)(struct slice line);
	/* For marks that are ordinary words, of which logs are full: can the one at `at` of its physical
	 * line be a trace's, by what stands around it there? Cheap, and true when in doubt; NULL: yes. */
	bool (*fits)(struct slice line, size_t at);
};

/* Inputs that are no lines, or nothing but lines of one kind: recognised by how they begin, read
 * whole. */
struct trace_binary {
	const char *name;
	bool (*probe)(struct slice bytes);
	/* false: it was none after all */
	bool (*read)(struct trace *t, struct slice bytes);
};

extern const struct trace_format trace_go, trace_gorace, trace_goerror, trace_debug1;
extern const struct trace_format trace_stkjson, trace_stktext, trace_asan, trace_tsan, trace_ubsan;
extern const struct trace_format trace_sanstack;
extern const struct trace_format trace_gdb, trace_rust, trace_eustack, trace_dlv, trace_lldb;
extern const struct trace_format trace_coredumpctl, trace_glog, trace_execinfo;
extern const struct trace_format trace_tombstone, trace_stacktrace, trace_folly;
extern const struct trace_format trace_backward, trace_threadz, trace_rustdebug;
extern const struct trace_format trace_maps;
extern const struct trace_format trace_jstack;
extern const struct trace_format trace_hserr;
extern const struct trace_format trace_java;
extern const struct trace_format trace_valgrind, trace_strace, trace_gfortran, trace_llvm;
extern const struct trace_format trace_chromium, trace_node, trace_perf;
extern const struct trace_format trace_minidump, trace_bpftrace, trace_libunwind, trace_qt;
extern const struct trace_format trace_mongodb;
extern const struct trace_format trace_oops, trace_procstack, trace_segfault;
extern const struct trace_format trace_clickhouse, trace_pytorch, trace_envoy, trace_seastar;
extern const struct trace_format trace_julia;
extern const struct trace_format trace_python;
extern const struct trace_format trace_faulthandler;
extern const struct trace_format trace_pyspy;
extern const struct trace_format trace_pystack;
extern const struct trace_format trace_ceph, trace_redis, trace_postgres, trace_mysql;
extern const struct trace_format trace_xorg, trace_godot, trace_catchsegv;
extern const struct trace_format trace_javascript;
extern const struct trace_format trace_dotnet;
extern const struct trace_format trace_php;
extern const struct trace_format trace_ruby;
extern const struct trace_format trace_lua;
extern const struct trace_format trace_perl;
extern const struct trace_format trace_elixir;
extern const struct trace_format trace_erlang;
extern const struct trace_format trace_kotlin;
extern const struct trace_format trace_swift;
extern const struct trace_format trace_dart;
extern const struct trace_format trace_firefox;
extern const struct trace_format trace_unread_stack;
extern const struct trace_binary trace_pprof, trace_folded, trace_stkjson_file;
extern const struct trace_binary trace_minidump_json;

/* Reads every trace in `bytes`, which must outlive the dump with STK_WANT_TEXT; false when there
 * is none. What input_text() does of each file. */
bool trace_bytes(struct builder *b, const char *source, struct slice bytes, unsigned want);

/* Looks the frames of the builder that lack a function or a place up in files->exes, and those
 * without a module in the mappings. */
struct stk_error *trace_symbolize(struct builder *b, const struct stk_files *files,
				  const struct stk_want *want, const struct trace_mapping *mappings,
				  size_t nmappings) STK_MUST;
/* Gives the frames of goroutines whose words stand in the builder their arguments with types. */
void trace_arguments(struct builder *b, struct symbols *const *files, size_t nfiles);

#endif

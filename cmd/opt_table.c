/* SPDX-License-Identifier: Apache-2.0 */
#include "opt.h"

#define AT(field) offsetof(struct options, field)

/* In the order of enum stk_condition; the first of them has a blank before it too. */
static const char conditions[] =
#define X(name, word, operand) " " word operand
	STK_CONDITIONS(X);
#undef X

/* clang-format off */
const struct opt opt_table[] = {
	{ .name = "format", .letter = 'f', .metavar = "F", .type = OPT_STRING, .at = AT(format),
	  .sets = SET_PRINT, .takes.kind = VALUE_FORMAT, .help = "print in the format F" },
	{ .name = "group", .letter = 'g', .metavar = "KEY", .optional = true, .type = OPT_WORD,
	  .at = AT(group), .arg = STK_GROUP_LINE, .sets = SET_STACKS,
	  .takes = { VALUE_WORDS, "exact args line func" },
	  .help = "equal stacks once: exact, args, line (default), func" },
	{ .name = "output", .letter = 'o', .metavar = "FILE", .type = OPT_STRING,
	  .at = AT(output), .sets = SET_PRINT, .takes.kind = VALUE_FILE,
	  .help = "write to FILE, which is never half written" },
	{ .name = "color", .metavar = "WHEN", .type = OPT_WORD, .at = AT(colour),
	  .sets = SET_PRINT, .takes = { VALUE_WORDS, "auto always never" },
	  .help = "colours: auto (on a terminal), always, never" },
	{ .name = "fail-on", .metavar = "COND", .type = OPT_WORDS, .at = AT(fail_on),
	  .sets = SET_PRINT, .takes = { VALUE_WORDS, conditions + 1 },
	  .help = "exit with 10 on: crash, partial, deadlock, grown=N" },

	{ .name = "level", .metavar = "L", .type = OPT_WORD, .at = AT(level),
	  .sets = SET_STACKS, .takes = { VALUE_WORDS, "none single all system crash 0 1 2" },
	  .help = "as GOTRACEBACK: none single all system crash" },
	{ .name = "task", .letter = 't', .metavar = "ID", .type = OPT_LIST, .at = AT(tasks),
	  .sets = SET_SELECT, .takes.kind = VALUE_ANY,
	  .help = "only the thread or goroutine ID (repeatable)" },
	{ .name = "threads", .type = OPT_SET, .at = AT(kind), .arg = STK_THREAD,
	  .sets = SET_STACKS, .help = "only OS threads" },
	{ .name = "goroutines", .type = OPT_SET, .at = AT(kind), .arg = STK_GOROUTINE,
	  .sets = SET_STACKS, .help = "only goroutines" },
	{ .name = "match", .letter = 'm', .metavar = "RE", .type = OPT_LIST, .at = AT(match),
	  .sets = SET_SELECT, .takes.kind = VALUE_ANY,
	  .help = "only tasks with a frame, state or name like RE" },
	{ .name = "exclude", .letter = 'x', .metavar = "RE", .type = OPT_LIST,
	  .at = AT(exclude), .sets = SET_SELECT, .takes.kind = VALUE_ANY,
	  .help = "no tasks with a frame, state or name like RE" },
	{ .name = "min-wait", .metavar = "TIME", .type = OPT_DURATION, .at = AT(min_wait_ns),
	  .sets = SET_SELECT, .takes.kind = VALUE_ANY,
	  .help = "only tasks that have waited for TIME (5m, 90s)" },

	{ .name = "frames", .letter = 'n', .metavar = "N", .type = OPT_U32,
	  .at = AT(max_frames), .sets = SET_STACKS, .takes.kind = VALUE_ANY,
	  .help = "at most N frames a stack; the rest is counted" },
	{ .name = "no-native", .type = OPT_TRUE, .at = AT(no_native), .sets = SET_STACKS,
	  .help = "of stacks with frames of Python only those" },
	{ .name = "no-inlines", .type = OPT_TRUE, .at = AT(no_inlines), .sets = SET_STACKS,
	  .help = "physical frames only" },
	{ .name = "args", .letter = 'a', .type = OPT_WANT, .at = AT(want), .arg = STK_WANT_ARGS,
	  .sets = SET_STACKS, .help = "arguments of every frame" },
	{ .name = "locals", .letter = 'l', .type = OPT_WANT, .at = AT(want),
	  .arg = STK_WANT_LOCALS, .sets = SET_STACKS,
	  .help = "local variables of every frame" },
	{ .name = "source", .letter = 's', .metavar = "N", .optional = true, .type = OPT_LINES,
	  .at = AT(source), .arg = 5, .sets = SET_STACKS, .takes.kind = VALUE_ANY,
	  .help = "N source lines (default 5) around each location" },
	{ .name = "regs", .letter = 'r', .type = OPT_WANT, .at = AT(want), .arg = STK_WANT_REGS,
	  .sets = SET_STACKS, .help = "registers" },
	{ .name = "disasm", .letter = 'd', .type = OPT_WANT, .at = AT(want),
	  .arg = STK_WANT_DISASM, .sets = SET_STACKS, .help = "instructions around the pc" },
	{ .name = "strict", .type = OPT_WANT, .at = AT(want), .arg = STK_WANT_STRICT,
	  .sets = SET_STACKS, .help = "Go: only what the runtime itself would print" },

	{ .name = "sysroot", .metavar = "DIR", .type = OPT_STRING, .at = AT(sysroot),
	  .sets = SET_FILES, .takes.kind = VALUE_DIR,
	  .help = "where the target's file system is here" },
	{ .name = "debug-dir", .metavar = "DIR", .type = OPT_LIST, .at = AT(debug_dirs),
	  .sets = SET_FILES, .takes.kind = VALUE_DIR,
	  .help = "look for debug files there too (repeatable)" },
	{ .name = "source-map", .metavar = "FROM=TO", .type = OPT_LIST, .at = AT(source_maps),
	  .sets = SET_FILES, .takes.kind = VALUE_ANY,
	  .help = "sources below FROM are below TO here (repeatable)" },
	{ .name = "debuginfod", .metavar = "MODE", .type = OPT_WORD, .at = AT(debuginfod),
	  .sets = SET_FILES, .takes = { VALUE_WORDS, "auto off" },
	  .help = "auto (where DEBUGINFOD_URLS is set) or off" },
	{ .name = "force", .type = OPT_TRUE, .at = AT(force), .sets = SET_FILES,
	  .help = "use files of another build; their frames are marked" },

	{ .name = "max-pause", .metavar = "MS", .type = OPT_U32, .at = AT(max_pause_ms),
	  .sets = SET_LIVE, .takes.kind = VALUE_ANY,
	  .help = "resume the process after MS milliseconds (200)" },
	{ .name = "no-pause", .type = OPT_TRUE, .at = AT(no_pause), .sets = SET_LIVE,
	  .help = "read without stopping it; frames are unverified" },
	{ .name = "deep", .type = OPT_WANT, .at = AT(want), .arg = STK_WANT_DEEP,
	  .sets = SET_LIVE, .help = "copy whole stacks, however deep" },

	{ .name = "timeout", .metavar = "TIME", .type = OPT_DURATION, .at = AT(timeout_ns),
	  .sets = SET_FILES, .takes.kind = VALUE_ANY,
	  .help = "give up a module, then all, after TIME (2m)" },
	{ .name = "no-sandbox", .type = OPT_TRUE, .at = AT(no_sandbox), .sets = SET_FILES,
	  .help = "read in this process, with all its rights" },

	{ .name = "quiet", .letter = 'q', .type = OPT_TRUE, .at = AT(quiet),
	  .sets = SET_GENERAL, .help = "no warnings: the exit status tells" },
	{ .name = "verbose", .letter = 'v', .type = OPT_TRUE, .at = AT(verbose),
	  .sets = SET_GENERAL, .help = "list what is normally summed up" },
	{ .name = "version", .letter = 'V', .type = OPT_TRUE, .at = AT(version),
	  .sets = SET_GENERAL | SET_BARE, .help = "version, also of the libraries" },
	{ .name = "help", .letter = 'h', .type = OPT_TRUE, .at = AT(help),
	  .sets = SET_GENERAL | SET_BARE, .help = "this help" },
	{ .name = NULL },
};
/* clang-format on */

const struct opt *const opt_table_end = &opt_table[sizeof(opt_table) / sizeof(opt_table[0]) - 1];

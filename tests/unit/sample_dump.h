/* SPDX-License-Identifier: Apache-2.0 */
/* Dumps for the tests of outputs: one that has a bit of everything, one whose every string is
 * hostile, and one of many tasks. */
#ifndef SAMPLE_DUMP_H
#define SAMPLE_DUMP_H

#include <string.h>

#include "../../lib/model/model.h"

#define UNUSED_HERE __attribute__((unused))

/* What one string of a target can hold to break out of JSON, XML, HTML, a script or a terminal. */
/* clang-format off */
#define HOSTILE "</script><img src=x onerror=window.hacked=1>\"'&]]>-->;\\ \n\r\t\001\033[31m\177" \
	"\303\251\200\377\355\240\200\356\276\200\342\200\256\360\237\230\200\342\200\250"
/* clang-format on */

static uint32_t sample_frame(struct builder *b, const char *func, const char *file, uint32_t line,
			     uint64_t pc, uint32_t module, bool inlined)
{
	static const char *const lines[] = { "int f(int *p)", "{", "\treturn *p < 1 && p;", "}",
					     "" };
	struct stk_source *source = builder_alloc(b, sizeof(*source));
	const char **kept = builder_alloc(b, sizeof(lines));
	struct stk_loc loc = {
		.func = builder_str(b, func),
		.file = builder_str(b, file),
		.line = line,
		.module = module,
		.offset = module == STK_NONE ? 0 : pc & 0xffff,
		.func_offset = pc ? pc & 0xff : UINT64_MAX,
		.inlined = inlined,
	};
	struct stk_frame frame = { .pc = pc, .how = pc ? STK_HOW_CFI : STK_HOW_TEXT };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		kept[i] = builder_str(b, lines[i]);
	*source =
		(struct stk_source){ .first = line > 2 ? line - 2 : 1, .count = 5, .lines = kept };
	if (file && line)
		loc.source = source;
	frame.loc = builder_loc(b, &loc);
	return builder_frame(b, &frame);
}

static uint32_t sample_stack(struct builder *b, const uint32_t *frames, uint32_t count,
			     enum stk_end end)
{
	struct stk_stack stack = { .frames = frames, .count = count, .end = end };

	return builder_stack(b, &stack);
}

static struct stk_more *sample_more(struct builder *b, const char *key, const char *value)
{
	struct stk_more *more = builder_alloc(b, sizeof(*more));
	struct stk_label label = { builder_str(b, key), builder_str(b, value) };

	more->labels = builder_array(b, &label, 1, sizeof(label));
	more->nlabels = 1;
	return more;
}

static void sample_head(struct builder *b)
{
	struct stk_target *target = builder_target(b);
	struct stk_cause *cause = builder_cause(b);

	*target = (struct stk_target){
		.kind = STK_TARGET_CORE,
		.name = builder_str(b, "core.1234"),
		.pid = 1234,
		.executable = builder_str(b, "/opt/shop/bin/server"),
		.command = builder_str(b, "server"),
		.command_line = builder_str(b, "/opt/shop/bin/server --listen :8080"),
		.arch = builder_str(b, "x86_64"),
		.word = 8,
		.threads = 2,
		.goroutines = 3,
		.go_version = builder_str(b, "go1.19.8"),
	};
	*cause = (struct stk_cause){
		.signal = 11,
		.code = 1,
		.signal_name = builder_str(b, "SIGSEGV"),
		.code_text = builder_str(b, "address not mapped"),
		.has_address = true,
		.address = 0x10,
		.text = builder_str(b, "SIGSEGV: address not mapped (0x10)"),
		.signature = builder_str(b, "SIGSEGV:parse_header:handle:worker"),
	};
	builder_statement(b, "the pointer 'p' was NULL: a member at offset 0x10 was read",
			  "the instruction at pc reads 8 bytes at rax+0x10, and rax is 0");
	builder_fact(b, "go", "version", "go1.19.8");
}

static void sample_modules(struct builder *b)
{
	struct stk_module server = {
		.path = builder_str(b, "/opt/shop/bin/server"),
		.file = builder_str(b, "/opt/shop/bin/server"),
		.build_id = builder_str(b, "7a1b9f3c5d7e90123456789abcdef0123456789a"),
		.start = 0x555555554000,
		.end = 0x555555560000,
		.bias = 0x555555554000,
		.status = STK_MODULE_FOUND,
	};
	struct stk_module libc = {
		.path = builder_str(b, "/lib/x86_64-linux-gnu/libc.so.6"),
		.build_id = builder_str(b, ""),
		.start = 0x7ffff7d00000,
		.end = 0x7ffff7f00000,
		.bias = 0x7ffff7d00000,
		.status = STK_MODULE_MISSING,
	};

	builder_module(b, &server);
	builder_module(b, &libc);
}

static void sample_crashed(struct builder *b)
{
	uint32_t frames[] = {
		sample_frame(b, "parse_header", "./src/http.c", 88, 0x5555555551a9, 0, false),
		sample_frame(b, "handle(std::vector<int>&)", "./src/server.c", 41, 0x5555555552f0,
			     0, true),
		sample_frame(b, "worker", "./src/server.c", 120, 0x5555555552f0, 0, false),
		sample_frame(b, NULL, NULL, 0, 0x7ffff7d12345, 1, false),
	};
	struct stk_more *more = sample_more(b, "tenant", "acme");
	struct stk_detail *detail = builder_alloc(b, sizeof(*detail) * ARRAY_SIZE(frames));
	struct stk_value value = {
		builder_str(b, "p"),
		builder_str(b, "struct header *"),
		builder_str(b, "NULL"),
		true,
	};
	struct stk_reg reg = { builder_str(b, "rip"), 0x5555555551a9 };
	struct stk_task *task;

	detail[0].sp = 0x7fffffffe000;
	detail[0].values = builder_array(b, &value, 1, sizeof(value));
	detail[0].nvalues = 1;
	more->regs = builder_array(b, &reg, 1, sizeof(reg));
	more->nregs = 1;
	task = builder_task(b);
	task->kind = STK_THREAD;
	task->id = task->tid = 1234;
	task->name = builder_str(b, "server");
	task->state = builder_str(b, "running");
	task->flags = STK_TASK_CRASHED | STK_TASK_CURRENT;
	task->signal = 11;
	task->more = more;
	task->detail = detail;
	task->stack = sample_stack(b, frames, ARRAY_SIZE(frames), STK_END_UNREADABLE);
}

static void sample_goroutines(struct builder *b)
{
	uint32_t frames[] = {
		sample_frame(b, "runtime.gopark", "/usr/lib/go/src/runtime/proc.go", 363, 0x434cd6,
			     0, false),
		sample_frame(b, "main.worker", "./main.go", 33, 0x4ed6af, 0, false),
	};
	uint32_t creator = sample_frame(b, "main.start", "./main.go", 20, 0x4ed600, 0, false);
	struct stk_go *go = builder_alloc(b, sizeof(*go));
	uint64_t id;

	*go = (struct stk_go){ .m = -1, .status = builder_str(b, "waiting") };
	for (id = 17; id < 20; id++) {
		struct stk_more *more = sample_more(b, "shard", id < 19 ? "3" : "4");
		struct stk_wait wait = {
			.kind = builder_str(b, "chan receive"),
			.address = 0xc000012345,
			.text = builder_str(b, "chan int (len 0)"),
		};
		struct stk_task *task = builder_task(b);

		more->waits = builder_array(b, &wait, 1, sizeof(wait));
		more->nwaits = 1;
		more->go = go;
		task->kind = STK_GOROUTINE;
		task->id = id;
		task->address = 0xc0000061c0;
		task->state = builder_str(b, id < 19 ? "chan receive" : "IO wait");
		task->wait_ns = (int64_t)(id - 15) * 60 * 1000000000;
		task->creator = creator;
		task->creator_id = 1;
		task->more = more;
		task->stack = sample_stack(b, frames, ARRAY_SIZE(frames), STK_END_ROOT);
	}
}

static UNUSED_HERE struct stk_dump *sample_dump(void)
{
	struct builder *b = builder_open();

	sample_head(b);
	sample_modules(b);
	sample_crashed(b);
	sample_goroutines(b);
	builder_note(b, STK_NOTE_MODULE_MISSING, "/lib/x86_64-linux-gnu/libc.so.6",
		     "no file with its build id is here");
	return builder_finish(b);
}

static UNUSED_HERE struct stk_dump *hostile_dump(void)
{
	struct builder *b = builder_open();
	const char *text = builder_str(b, HOSTILE);
	struct stk_module module = {
		.path = text,
		.file = text,
		.debug = text,
		.build_id = text,
		.end = 0x1000,
	};
	uint32_t frames[2] = { sample_frame(b, HOSTILE, HOSTILE, 7, 0x10, 0, false) };
	struct stk_wait wait = {
		.kind = text,
		.address = 1,
		.text = text,
		.object = text,
		.basis = text,
	};
	struct stk_reg reg = { text, 1 };
	struct stk_more *more = sample_more(b, HOSTILE, HOSTILE);
	struct stk_task *task;

	builder_module(b, &module);
	*builder_target(b) = (struct stk_target){
		.name = text,
		.executable = text,
		.command = text,
		.command_line = text,
		.arch = text,
		.go_version = text,
	};
	*builder_cause(b) = (struct stk_cause){
		.signal = 6,
		.signal_name = text,
		.code_text = text,
		.text = text,
		.message = text,
		.signature = text,
		.address_signature = text,
	};
	builder_statement(b, HOSTILE, HOSTILE);
	builder_fact(b, HOSTILE, HOSTILE, HOSTILE);
	builder_note(b, STK_NOTE_TEXT_UNPARSED, HOSTILE, "%s", HOSTILE);
	more->waits = builder_array(b, &wait, 1, sizeof(wait));
	more->nwaits = 1;
	more->regs = builder_array(b, &reg, 1, sizeof(reg));
	more->nregs = 1;
	more->header = more->wchan = more->syscall = text;
	task = builder_task(b);
	task->kind = STK_GOROUTINE;
	task->id = UINT32_MAX;
	task->name = task->state = text;
	task->creator = frames[0];
	task->more = more;
	task->stack = sample_stack(b, frames, 1, STK_END_TEXT);
	builder_report(b, &(struct stk_report){ text, text, text, 1, 0, 1 });
	builder_span(b, &(struct stk_span){ text, strlen(text), 0 });
	return builder_finish(b);
}

/* The place of a made-up stack at `level`, counted from the outermost frame: the nearer to it,
 * the more stacks share it. */
static uint32_t many_frame(struct builder *b, uint32_t kind, uint32_t level, bool leaf)
{
	static const char *const outer[] = { "runtime.goexit", "main.(*Server).serve" };
	static const char *const layers[] = {
		"http.(*conn).serve", "main.(*Router).dispatch", "store.(*Tx).query",
		"cache.lookup",       "rpc.(*Client).call",      "codec.decode",
		"pool.(*Worker).run",
	};
	uint32_t site = leaf || level > 12 ? kind : kind % (1u << level);

	if (level < ARRAY_SIZE(outer))
		return sample_frame(b, outer[level], "/src/app/main.go", level + 1,
				    0x555555554100 + level, 0, false);
	return sample_frame(b,
			    builder_fmt(b, "%s%u", layers[(level + site) % ARRAY_SIZE(layers)],
					site),
			    builder_fmt(b, "/src/app/server/file%u.go", site % 97), site % 1000 + 1,
			    0x555555555000 + site * 16 + level, 0, false);
}

/* `kinds` different stacks of 6 to 15 frames, over and over. */
static UNUSED_HERE struct stk_dump *many_dump(uint32_t tasks, uint32_t kinds)
{
	static const char *const states[] = { "chan receive", "IO wait", "select", "running" };
	struct builder *b = builder_open();
	uint32_t *stacks = xcalloc(kinds, sizeof(*stacks)), i, j;

	sample_head(b);
	sample_modules(b);
	for (i = 0; i < kinds; i++) {
		uint32_t frames[16], count = 6 + i % 10;

		for (j = 0; j < count; j++)
			frames[j] = many_frame(b, i, count - 1 - j, !j);
		stacks[i] = sample_stack(b, frames, count, STK_END_ROOT);
	}
	for (i = 0; i < tasks; i++) {
		struct stk_task *task = builder_task(b);

		task->kind = STK_GOROUTINE;
		task->id = i + 1;
		task->state = builder_str(b, states[i % kinds % ARRAY_SIZE(states)]);
		task->wait_ns = (int64_t)(i % 40) * 60 * 1000000000;
		task->stack = stacks[i % kinds];
		task->creator = 0;
		task->creator_id = 1;
	}
	free_guarded(&stacks);
	return builder_finish(b);
}

#endif

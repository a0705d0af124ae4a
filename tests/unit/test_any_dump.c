/* SPDX-License-Identifier: Apache-2.0 */
/* Dumps of any shape that the model allows: every analysis takes them, every output prints them,
 * and the same each time. */
#include "test.h"

#include "analyze/analyze.h"
#include "dumps.h"

static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

static const char *any_text(struct builder *b)
{
	/* clang-format off */
	static const char *const texts[] = {
		NULL, "", "f", "main.f", "runtime.gopark", "/src/a.go", "./a.c", "std::f<int>(int)",
		DUMP_HOSTILE, "\303\251", "%;/\"\\<&>'", "</script>", "]}", "0x10", "[vdso]",
	};
	/* clang-format on */

	return builder_str(b, texts[dice(COUNT(texts))]);
}

/* Where the model promises a string. */
static const char *some_text(struct builder *b)
{
	const char *text = any_text(b);

	return text ? text : builder_str(b, "");
}

static uint64_t any_number(void)
{
	static const uint64_t numbers[] = { 0,         1,         0x10, 0x401000, 0x7fffffffffff,
					    INT64_MAX, UINT64_MAX };

	return numbers[dice(COUNT(numbers))];
}

static const struct stk_source *any_source(struct builder *b)
{
	struct stk_source *source = builder_alloc(b, sizeof(*source));
	const char *lines[3] = { some_text(b), some_text(b), some_text(b) };

	source->first = dice(2) ? 1 : UINT32_MAX - 4;
	source->count = dice(4);
	source->lines = builder_array(b, lines, 3, sizeof(*lines));
	return dice(2) ? source : NULL;
}

static uint32_t any_frame(struct builder *b, uint32_t nmodules)
{
	struct stk_loc loc = {
		.func = any_text(b),
		.linkage = any_text(b),
		.file = any_text(b),
		.why = any_text(b),
		.line = dice(3) ? dice(100) : UINT32_MAX,
		.column = dice(3),
		.module = dice(2) && nmodules ? dice(nmodules) : STK_NONE,
		.inlined = !dice(4),
		.offset = any_number(),
		.func_offset = any_number(),
		.call_offset = dice(3),
		.source = any_source(b),
	};

	return builder_frame(b, &(struct stk_frame){ .pc = any_number(),
						     .flags = (uint16_t)dice(16),
						     .how = (uint16_t)dice(STK_HOW_INLINE + 1),
						     .loc = builder_loc(b, &loc) });
}

static uint32_t any_stack(struct builder *b, const uint32_t *frames, uint32_t nframes)
{
	static const uint32_t elided[] = { 0, 0, 0, 1, 100000, STK_NONE };
	uint32_t own[60];
	struct stk_stack stack = {
		.frames = own,
		.count = dice(4) ? dice(12) : dice(COUNT(own)),
		.elided = elided[dice(COUNT(elided))],
		.end = (enum stk_end)dice(STK_END_NONE + 1),
		.end_address = any_number(),
	};
	uint32_t i, few = 1 + dice(nframes);

	for (i = 0; i < stack.count; i++)
		own[i] = frames[dice(few)];
	stack.elided_at = dice(stack.count + 1);
	return builder_stack(b, &stack);
}

static const struct stk_detail *any_detail(struct builder *b, uint32_t count)
{
	struct stk_detail *detail;
	uint32_t i;

	if (dice(3) || !count)
		return NULL;
	detail = builder_alloc(b, count * sizeof(*detail));
	for (i = 0; i < count; i++) {
		struct stk_value value = { some_text(b), some_text(b), some_text(b), !dice(2) };

		detail[i] = (struct stk_detail){ .sp = any_number(),
						 .cfa = any_number(),
						 .args = any_text(b),
						 .nvalues = dice(2) };
		detail[i].values = builder_array(b, &value, 1, sizeof(value));
	}
	return detail;
}

static void any_more(struct builder *b, struct stk_task *task, uint32_t frame)
{
	struct stk_more *more = dump_more(b, task);
	struct stk_label labels[2] = { { some_text(b), some_text(b) },
				       { some_text(b), some_text(b) } };
	struct stk_wait wait = {
		.kind = some_text(b),
		.address = any_number(),
		.text = any_text(b),
		.object = any_text(b),
		.basis = any_text(b),
		.owner = any_number(),
		.related = any_number(),
		.certainty = (uint32_t)dice(4),
		.flags = (uint32_t)dice(16),
	};
	struct stk_reg reg = { some_text(b), any_number() };
	struct stk_ancestor ancestor = { any_number(), task->stack, dice(2) ? frame : STK_NONE };
	struct stk_go go = { any_number(), (int64_t)dice(3) - 1,
			     dice(3),      !dice(2),
			     !dice(2),     !dice(2),
			     !dice(2),     any_text(b) };

	more->labels = builder_array(b, labels, 2, sizeof(*labels));
	more->waits = builder_array(b, &wait, 1, sizeof(wait));
	more->regs = builder_array(b, &reg, 1, sizeof(reg));
	more->ancestors = builder_array(b, &ancestor, 1, sizeof(ancestor));
	more->nlabels = dice(3);
	more->nwaits = dice(2);
	more->nregs = dice(2);
	more->nancestors = dice(2);
	more->go = dice(2) ? builder_array(b, &go, 1, sizeof(go)) : NULL;
	task->address = any_number();
	more->wchan = any_text(b);
	more->syscall = any_text(b);
	more->header = any_text(b);
}

static void any_task(struct builder *b, const uint32_t *frames, uint32_t nframes)
{
	static const int64_t waits[] = { -1, 0, 1, INT64_C(60000000000), INT64_MAX };
	struct stk_task *task = dump_task(b, (enum stk_task_kind)dice(3), any_number(), any_text(b),
					  any_stack(b, frames, nframes));

	task->creator_id = dice(3);
	task->wait_ns = waits[dice(COUNT(waits))];
	task->name = any_text(b);
	task->detail = any_detail(b, builder_stack_at(b, task->stack)->count);
	task->creator = dice(2) ? frames[dice(nframes)] : STK_NONE;
	task->tid = dice(2) ? UINT32_MAX : 0;
	task->flags = (uint16_t)(dice(3) ? 0 : dice(128));
	task->signal = (uint8_t)(dice(3) ? 0 : dice(256));
	if (dice(2))
		any_more(b, task, frames[0]);
}

static void any_head(struct builder *b)
{
	*builder_target(b) = (struct stk_target){
		.kind = (enum stk_target_kind)dice(4),
		.name = some_text(b),
		.pid = any_number(),
		.executable = some_text(b),
		.command = some_text(b),
		.command_line = some_text(b),
		.arch = some_text(b),
		.word = (const uint32_t[]){ 0, 4, 8 }[dice(3)],
		.threads = dice(3),
		.goroutines = dice(3),
		.pause_ns = dice(2) ? any_number() >> 1 : 0,
		.go_version = dice(2) ? "go1.27.1" : any_text(b),
	};
	*builder_cause(b) = (struct stk_cause){
		.signal = (int)dice(70),
		.code = (int)dice(9) - 6,
		.signal_name = some_text(b),
		.code_text = some_text(b),
		.has_address = !dice(2),
		.address = any_number(),
		.text = some_text(b),
		.message = any_text(b),
		.signature = any_text(b),
	};
}

static struct stk_dump *any_dump(uint32_t number)
{
	struct builder *b = builder_open();
	uint32_t frames[20], nmodules, ntasks, i;

	seed = number;
	any_head(b);
	nmodules = dice(3);
	for (i = 0; i < nmodules; i++)
		builder_module(b, &(struct stk_module){ .path = some_text(b),
							.file = any_text(b),
							.debug = any_text(b),
							.build_id = some_text(b),
							.start = any_number(),
							.end = any_number(),
							.status = (enum stk_module_status)
								dice(STK_MODULE_MEMORY + 1) });
	for (i = 0; i < COUNT(frames); i++)
		frames[i] = any_frame(b, nmodules);
	ntasks = dice(12);
	for (i = 0; i < ntasks; i++)
		any_task(b, frames, COUNT(frames));
	for (i = 0; i < dice(4); i++)
		builder_fact(b, some_text(b), some_text(b), some_text(b));
	for (i = 0; i < dice(4); i++)
		builder_note(b, (enum stk_note_code)dice(STK_NOTE_COUNT), some_text(b), "%s",
			     some_text(b));
	if (ntasks && dice(2)) {
		builder_report(b, &(struct stk_report){ some_text(b), some_text(b), some_text(b),
							dice(9), 0, ntasks / 2 });
		builder_report(b, &(struct stk_report){ some_text(b), some_text(b), some_text(b),
							dice(9), ntasks / 2, ntasks - ntasks / 2 });
		builder_span(b, &(struct stk_span){ "x\033\n", 3, dice(ntasks + 1) });
	}
	if (dice(2))
		analyze_signature(b);
	return builder_finish(b);
}

static const char *const tables[] = { "threads", "goroutines", "info", "addr" };

/* Every format twice: what a dump looks like does not depend on what was written before. */
static void write_all(const struct stk_dump *dump)
{
	const struct stk_format *format = stk_formats();
	struct stk_style style = { .colour = !dice(2),
				   .width = dice(2) ? 0 : dice(120),
				   .verbose = !dice(2),
				   .level = (enum stk_level)dice(5) };
	size_t i, count = 0;

	while (format[count].name)
		count++;
	for (i = 0; i < count + COUNT(tables); i++) {
		const char *name = i < count ? format[i].name : tables[i - count];
		char *once = dump_written(dump, name, style),
		     *again = dump_written(dump, name, style);

		assert_string_equal(once, again);
		free(once);
		free(again);
	}
}

static struct stk_dump *any_filtered(const struct stk_dump *dump)
{
	static const char *const patterns[] = { "f", "^main", "a\\.c", "zzz" };
	struct stk_filter filter = {
		.size = sizeof(filter),
		.level = (enum stk_level)dice(5),
		.hide_runtime = !dice(2),
		.no_inlines = !dice(3),
		.max_frames = dice(3) ? 0 : dice(9),
		.kind = (int)dice(4) - 1,
		.match = patterns + dice(4),
		.nmatch = dice(4) ? 0 : 1,
		.exclude = patterns + dice(4),
		.nexclude = dice(4) ? 0 : 1,
	};
	struct stk_dump *filtered = NULL;
	struct stk_error *err = stk_filter(dump, &filter, &filtered);

	assert_null(err);
	return filtered;
}

static void is_consistent(const struct stk_dump *dump)
{
	uint32_t i, j, grouped = 0;

	for (i = 0; i < dump->ntasks; i++)
		assert_true(dump->tasks[i].stack < dump->nstacks);
	for (i = 0; i < dump->nstacks; i++) {
		assert_true(dump->stacks[i].elided_at <= dump->stacks[i].count);
		for (j = 0; j < dump->stacks[i].count; j++)
			assert_true(dump->stacks[i].frames[j] < dump->nframes);
	}
	for (i = 0; i < dump->nreports; i++)
		assert_true(dump->reports[i].first + dump->reports[i].count <= dump->ntasks);
	for (i = 0; i < dump->nspans; i++)
		assert_true(dump->spans[i].task <= dump->ntasks);
	for (i = 0; i < dump->ngroups; i++)
		grouped += dump->groups[i].count;
	assert_true(!dump->ngroups || grouped == dump->ntasks);
}

static void any_dump_can_be_filtered_grouped_and_written(void **state)
{
	uint32_t number;

	(void)state;
	for (number = 1; number <= 300; number++) {
		struct stk_dump *dump = any_dump(number), *filtered = any_filtered(dump),
				*grouped = NULL;

		assert_null(stk_group(filtered, (enum stk_group_key)dice(4), &grouped));
		is_consistent(dump);
		is_consistent(filtered);
		is_consistent(grouped);
		write_all(dump);
		write_all(grouped);
		stk_free(grouped);
		stk_free(filtered);
		stk_free(dump);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_dump_can_be_filtered_grouped_and_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

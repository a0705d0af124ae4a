/* SPDX-License-Identifier: Apache-2.0 */
/* Building of tasks from what formats read. */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

struct builder *trace_builder(struct trace *t)
{
	return t->b;
}

bool trace_wants(const struct trace *t, unsigned what)
{
	return (t->want & what) != 0;
}

const char *trace_str(struct trace *t, struct slice s)
{
	return s.at ? builder_strn(t->b, s.at, s.size) : NULL;
}

bool trace_memo(struct trace *t, const void *key, size_t size, uint32_t **ret)
{
	size_t before = t->memo.count;
	uint32_t id = intern_put(&t->memo, key, size);

	if (id == before)
		t->memo_frames = grow(t->memo_frames, &t->memo_cap, (size_t)id + 1,
				      sizeof(*t->memo_frames));
	*ret = &t->memo_frames[id];
	return id != before;
}

static uint32_t module_of(struct trace *t, struct slice path, struct slice build_id)
{
	/* no line begins like this key */
	struct {
		char kind[8];
		const char *path, *build_id;
	} key = { "\nmodule", NULL, NULL };
	uint32_t *module;

	if (!path.at)
		return STK_NONE;
	key.path = trace_str(t, path);
	key.build_id = build_id.at ? trace_str(t, build_id) : builder_str(t->b, "");
	if (!trace_memo(t, &key, sizeof(key), &module))
		*module = builder_module(t->b,
					 &(struct stk_module){ .path = key.path,
							       .build_id = key.build_id,
							       .status = STK_MODULE_MISSING });
	return *module;
}

static void snippet_add(struct trace *t, const char *bytes, size_t size)
{
	t->snippet = grow(t->snippet, &t->snippet_cap, t->snippet_size + size + 1, 1);
	memcpy(t->snippet + t->snippet_size, bytes, size);
	t->snippet_size += size;
	t->snippet[t->snippet_size++] = '\n';
}

bool trace_source_line(struct trace *t, uint32_t number, struct slice text)
{
	uint32_t expected = t->snippet_first + t->snippet_lines;
	char head[32];

	if (!trace_wants(t, STK_WANT_SOURCE))
		return true;
	if (t->snippet_size + text.size > LIMIT_STRING ||
	    (t->snippet_lines && (number < expected || number - expected > TRACE_SOURCE_GAP)))
		return false;
	if (!t->snippet_lines) {
		/* no other key of the memo begins with two line ends */
		snippet_add(t, head, (size_t)snprintf(head, sizeof(head), "\n\n%u", number));
		t->snippet_head = t->snippet_size;
		t->snippet_first = expected = number;
	}
	for (; expected < number; expected++)
		snippet_add(t, "", 0);
	snippet_add(t, text.at, text.size);
	t->snippet_lines = number + 1 - t->snippet_first;
	return true;
}

static const struct stk_source *make_source(struct trace *t)
{
	struct stk_source *source = builder_alloc(t->b, sizeof(*source));
	const char **lines = builder_alloc(t->b, t->snippet_lines * sizeof(*lines));
	struct slice rest = { t->snippet + t->snippet_head, t->snippet_size - t->snippet_head },
		     line;
	uint32_t i;

	for (i = 0; i < t->snippet_lines && slice_until(&rest, "\n", &line); i++)
		lines[i] = trace_str(t, line);
	*source = (struct stk_source){ t->snippet_first, i, lines };
	return source;
}

/* Equal ones are one: places are interned with them. */
static const struct stk_source *take_source(struct trace *t)
{
	uint32_t *id;

	if (!t->snippet_lines)
		return NULL;
	if (!trace_memo(t, t->snippet, t->snippet_size, &id)) {
		*id = (uint32_t)t->nsources;
		t->sources = grow(t->sources, &t->sources_cap, t->nsources + 1,
				  sizeof(*t->sources));
		t->sources[t->nsources++] = make_source(t);
	}
	t->snippet_size = 0;
	t->snippet_lines = 0;
	return t->sources[*id];
}

/* Type arguments of Go, which its runtime shows as [...], from the first bracket to the last. */
static bool shorten(struct trace *t, struct stk_loc *loc)
{
	const char *open = strstr(loc->func, "[go.shape."),
		   *close = open ? strrchr(open, ']') : NULL;

	if (!close)
		return false;
	loc->linkage = loc->func;
	loc->func = builder_fmt(t->b, "%.*s[...]%s", (int)(open - loc->func), loc->func, close + 1);
	return true;
}

/* Tools that do not demangle, or could not, leave it to us. */
static void set_function(struct trace *t, struct slice func, struct stk_loc *loc)
{
	FREE_AT_END char *readable = NULL;

	loc->func = trace_str(t, func);
	if (!loc->func || shorten(t, loc) || loc->func[0] != '_')
		return;
	readable = demangle(loc->func);
	if (!readable)
		return;
	loc->linkage = loc->func;
	loc->func = builder_str(t->b, readable);
}

uint32_t trace_frame(struct trace *t, const struct trace_frame *frame)
{
	struct stk_loc loc = {
		.file = trace_str(t, frame->file),
		.why = builder_str(t->b, frame->why),
		.line = frame->line,
		.column = frame->column,
		.module = module_of(t, frame->module, frame->build_id),
		.inlined = frame->inlined,
		.offset = frame->offset,
		.func_offset = frame->func_offset,
		.source = take_source(t),
		.disasm = frame->disasm,
	};

	set_function(t, frame->func, &loc);
	return builder_frame(t->b,
			     &(struct stk_frame){ .pc = frame->pc,
						  .loc = builder_loc(t->b, &loc),
						  .flags = frame->flags,
						  .how = frame->how ? frame->how : STK_HOW_TEXT });
}

static bool has_details(const struct trace *t)
{
	return t->detailed || trace_wants(t, STK_WANT_DETAIL);
}

void trace_detailed(struct trace *t)
{
	if (has_details(t))
		return;
	t->detailed = true;
	t->details = grow(t->details, &t->details_cap, t->nframes + 1, sizeof(*t->details));
	memset(t->details, 0, t->nframes * sizeof(*t->details));
}

void trace_push(struct trace *t, uint32_t frame, const struct trace_frame *detail)
{
	if (t->nframes >= LIMIT_FRAMES)
		return;
	t->frames = grow(t->frames, &t->frames_cap, t->nframes + 1, sizeof(*t->frames));
	t->frames[t->nframes] = frame;
	if (has_details(t)) {
		t->details = grow(t->details, &t->details_cap, t->nframes + 1, sizeof(*t->details));
		t->details[t->nframes] = (struct stk_detail){ 0 };
		if (detail) {
			t->details[t->nframes].sp = detail->sp;
			t->details[t->nframes].cfa = detail->cfa;
			t->details[t->nframes].args = trace_str(t, detail->args);
			t->details[t->nframes].values = detail->values;
			t->details[t->nframes].nvalues = detail->nvalues;
		}
	}
	t->nframes++;
}

void trace_push_frame(struct trace *t, const struct trace_frame *frame)
{
	trace_push(t, trace_frame(t, frame), frame);
}

bool trace_repeat(struct trace *t, uint32_t period, uint64_t times)
{
	uint64_t i;

	if (period > t->nframes || times > (LIMIT_FRAMES - t->nframes) / period)
		return false;
	for (i = 0; i < period * times; i++) {
		trace_push(t, t->frames[t->nframes - period], NULL);
		/* where arguments are shown, only frames with the same ones are taken together */
		if (has_details(t))
			t->details[t->nframes - 1].args = t->details[t->nframes - 1 - period].args;
	}
	return true;
}

uint32_t trace_pushed(const struct trace *t)
{
	return (uint32_t)t->nframes;
}

void trace_elided(struct trace *t, uint32_t count)
{
	bool unknown = count == STK_NONE || t->elided == STK_NONE;

	if (!t->elided)
		t->elided_at = (uint32_t)t->nframes;
	t->elided = unknown || __builtin_add_overflow(t->elided, count, &t->elided) ? STK_NONE
										    : t->elided;
}

void trace_elided_at(struct trace *t, uint32_t count, uint32_t at)
{
	t->elided = count;
	t->elided_at = at;
}

void trace_end(struct trace *t, enum stk_end end, uint64_t address)
{
	t->has_end = true;
	t->end = end;
	t->end_address = address;
}

uint32_t trace_stack(struct trace *t)
{
	struct stk_stack stack = {
		.frames = t->frames,
		.count = (uint32_t)t->nframes,
		.elided = t->elided,
		.elided_at = t->elided_at,
		.end = t->has_end   ? t->end
		       : t->nframes ? STK_END_TEXT
				    : STK_END_NONE,
		.end_address = t->has_end ? t->end_address : 0,
	};

	t->nframes = 0;
	t->elided = t->elided_at = 0;
	t->has_end = t->detailed = false;
	return builder_stack(t->b, &stack);
}

struct stk_task *trace_task(struct trace *t, enum stk_task_kind kind)
{
	const struct stk_detail *details = NULL;
	struct stk_task *task;
	uint32_t stack;

	if (has_details(t))
		details = builder_array(t->b, t->details, t->nframes, sizeof(*details));
	stack = trace_stack(t);
	task = builder_task(t->b);
	task->kind = (uint8_t)kind;
	task->stack = stack;
	task->detail = details;
	return task;
}

/* The details of both: the variables of the one that has them. */
static const struct stk_detail *merge_details(struct trace *t, const struct stk_detail *known)
{
	size_t i;

	for (i = 0; known && i < t->nframes; i++)
		if (!t->details[i].nvalues) {
			t->details[i].values = known[i].values;
			t->details[i].nvalues = known[i].nvalues;
		}
	return builder_array(t->b, t->details, t->nframes, sizeof(*t->details));
}

uint64_t trace_hash(const struct trace *t)
{
	return t->nframes ? hash_bytes(t->frames, t->nframes * sizeof(*t->frames)) : 0;
}

bool trace_again(struct trace *t, uint32_t id)
{
	struct stk_task *task = builder_task_at(t->b, id);
	const struct stk_stack *stack = builder_stack_at(t->b, task->stack);

	if (!t->nframes || stack->count != t->nframes ||
	    memcmp(stack->frames, t->frames, t->nframes * sizeof(*t->frames)) != 0)
		return false;
	if (trace_wants(t, STK_WANT_DETAIL))
		task->detail = merge_details(t, task->detail);
	(void)trace_stack(t);
	return true;
}

void trace_tasks(struct trace *t, enum stk_task_kind kind, uint64_t count,
		 const struct stk_more *more)
{
	struct stk_task first, *task;
	uint64_t i;

	if (count > LIMIT_PROFILE_TASKS - t->nprofiled) {
		builder_note(t->b, STK_NOTE_LIMIT_REACHED, t->source,
			     "only the first %u tasks of profiles are read", LIMIT_PROFILE_TASKS);
		count = LIMIT_PROFILE_TASKS - t->nprofiled;
	}
	t->nprofiled += (uint32_t)count;
	if (!count) {
		(void)trace_stack(t);
		return;
	}
	task = trace_task(t, kind);
	if (more)
		task->more = more;
	first = *task;
	for (i = 1; i < count; i++)
		*builder_task(t->b) = first;
}

struct stk_more *trace_more(struct trace *t, uint32_t task)
{
	struct stk_more *more = builder_alloc(t->b, sizeof(*more));

	*more = *builder_task_at(t->b, task)->more;
	builder_task_at(t->b, task)->more = more;
	return more;
}

void report_begin(struct trace *t, const char *format)
{
	t->report = (struct stk_report){
		.format = builder_str(t->b, format),
		.source = t->source,
		.line = t->place.line,
		.first = builder_ntasks(t->b),
	};
	/* a line that is being taken apart has been counted already */
	if (t->place.rest.at)
		t->report.line--;
	t->reported = t->restored = false;
}

void report_end(struct trace *t)
{
	t->found = true;
	if (t->reported || t->restored)
		return;
	t->report.count = builder_ntasks(t->b) - t->report.first;
	if (!t->report.title)
		t->report.title = builder_str(t->b, "");
	builder_report(t->b, &t->report);
}

void trace_report(struct trace *t, struct stk_report report)
{
	t->reported = true;
	report.format = report.format ? report.format : t->report.format;
	report.title = report.title ? report.title : builder_str(t->b, "");
	report.source = report.source ? report.source : t->source;
	builder_report(t->b, &report);
}

void trace_restored(struct trace *t)
{
	t->restored = true;
}

void trace_refuse(struct trace *t, uint32_t line, const char *why)
{
	if (!t->refused)
		t->refused = why;
	trace_unparsed(t, line, why);
}

const char *trace_source(const struct trace *t)
{
	return t->source;
}

void trace_title(struct trace *t, struct slice title)
{
	if (!t->report.title)
		t->report.title = trace_str(t, title);
}

bool trace_cause(struct trace *t, struct stk_cause **ret)
{
	if (t->has_cause)
		return false;
	*ret = builder_cause(t->b);
	if (t->has_logged) {
		(*ret)->text = builder_str(t->b, "");
		(*ret)->message = NULL;
	}
	t->has_cause = true;
	return true;
}

bool trace_logged(struct trace *t, struct stk_cause **ret)
{
	if (t->has_cause || t->has_logged)
		return false;
	t->has_logged = true;
	*ret = builder_cause(t->b);
	return true;
}

/* Behind the trace that it is of; only where it is the first in its file, before it. */
void trace_map(struct trace *t, const struct trace_mapping *mapping, struct slice path,
	       struct slice build_id)
{
	uint32_t reports = builder_nreports(t->b);

	if (t->nmappings >= LIMIT_MAPPINGS)
		return;
	t->mappings = grow(t->mappings, &t->mappings_cap, t->nmappings + 1, sizeof(*t->mappings));
	t->mappings[t->nmappings] = *mapping;
	t->mappings[t->nmappings].module = module_of(t, path, build_id);
	t->mappings[t->nmappings++].report = reports > t->first_report ? reports - 1 : reports;
}

void trace_code_at(struct trace *t, uint64_t start, uint64_t size, struct slice path)
{
	if (t->nmappings >= LIMIT_MAPPINGS || !size || size > UINT64_MAX - start)
		return;
	t->mappings = grow(t->mappings, &t->mappings_cap, t->nmappings + 1, sizeof(*t->mappings));
	t->mappings[t->nmappings++] = (struct trace_mapping){
		.start = start,
		.end = start + size,
		.offset = TRACE_OFFSET_UNKNOWN,
		.module = module_of(t, path, NO_SLICE),
		.report = builder_nreports(t->b),
	};
}

void trace_note(struct trace *t, enum stk_note_code code, uint32_t line, const char *what)
{
	const char *subject = builder_fmt(t->b, "%s:%u", t->source, line);

	builder_note(t->b, code, subject, "%s", what);
}

void trace_unparsed(struct trace *t, uint32_t line, const char *what)
{
	trace_note(t, STK_NOTE_TEXT_UNPARSED, line, what);
}

/* So many are said one by one. */
#define UNREAD_STACKS 16

void trace_unread(struct trace *t, uint32_t line, const char *language)
{
	const char *what = builder_fmt(t->b,
				       "it looks like a stack of %s, and is none that stk reads",
				       language);

	/* it is tried with and without what a logger may have put around it */
	if (t->nunread && t->unread_line == line)
		return;
	t->unread_line = line;
	t->unread_language = language;
	if (t->nunread++ < UNREAD_STACKS)
		trace_unparsed(t, line, what);
	else
		builder_note(t->b, STK_NOTE_TEXT_UNPARSED, t->source, "more of them are not read");
}

void trace_truncated(struct trace *t, uint32_t line, const char *what)
{
	trace_note(t, STK_NOTE_TEXT_TRUNCATED, line, what);
}

void build_deinit(struct trace *t)
{
	free(t->frames);
	free(t->details);
	free(t->mappings);
	free(t->memo_frames);
	free(t->snippet);
	free(t->sources);
	intern_deinit(&t->memo);
	arena_deinit(&t->memo_keys);
}

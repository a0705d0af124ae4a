/* stk's own JSON, of stk-json(5): a line a task (jsonl), or one document (json), which has its
 * members and its tasks on lines of their own as well. What a later version adds is passed over. */
#include "trace.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- values ---- */

static const char *text_of(struct trace *t, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_string(value) ? builder_strn(trace_builder(t), json_string_value(value),
						    json_string_length(value)) : NULL;
}

static const char *text_or_empty(struct trace *t, const json_t *object, const char *key)
{
	const char *text = text_of(t, object, key);

	return text ? text : builder_str(trace_builder(t), "");
}

static struct slice slice_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_string(value) ? (struct slice){ json_string_value(value),
						       json_string_length(value) } : NO_SLICE;
}

/* A number, or hex in a string; `otherwise` when it is neither. */
static uint64_t number_of(const json_t *object, const char *key, uint64_t otherwise)
{
	const json_t *value = json_object_get(object, key);
	struct slice text = slice_of(object, key);
	uint64_t ret;

	if (json_is_integer(value) && json_integer_value(value) >= 0)
		return (uint64_t)json_integer_value(value);
	return text.at && slice_hex(&text, &ret) ? ret : otherwise;
}

static uint32_t small_of(const json_t *object, const char *key)
{
	uint64_t value = number_of(object, key, 0);

	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static bool flag_of(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* The place of a word in a list that ends with NULL; 0 when it is not there. */
static unsigned word_of(const json_t *object, const char *key, const char *const *words)
{
	const char *text = json_string_value(json_object_get(object, key));
	unsigned i;

	for (i = 0; text && words[i]; i++)
		if (!strcmp(words[i], text))
			return i;
	return 0;
}

/* How many frames were left out: null when the producer did not say. */
static uint32_t elided_of(const json_t *elided)
{
	uint32_t count = small_of(elided, "count");

	return count ? count : STK_NONE;
}

/* ---- frames ---- */

static uint32_t frame_of(struct trace *t, const json_t *object, const uint32_t *modules,
			 size_t nmodules)
{
	static const char *const hows[] = { "regs", "cfi", "fp", "link", "gopclntab", "guess", "text",
					    "inline", NULL };
	uint64_t module = number_of(object, "module_index", UINT64_MAX);
	struct stk_loc loc = {
		.func = text_of(t, object, "func"), .linkage = text_of(t, object, "linkage"),
		.file = text_of(t, object, "file"), .why = text_of(t, object, "why"),
		.line = small_of(object, "line"), .column = small_of(object, "column"),
		.module = module < nmodules ? modules[module] : STK_NONE,
		.inlined = flag_of(object, "inlined"), .offset = number_of(object, "offset", 0),
		.func_offset = number_of(object, "func_offset", UINT64_MAX),
	};
	struct stk_frame frame = { .pc = number_of(object, "pc", 0) };

	frame.loc = builder_loc(trace_builder(t), &loc);
	frame.how = (uint16_t)word_of(object, "how", hows);
	frame.flags = (uint16_t)((flag_of(object, "activation") ? STK_FRAME_ACTIVATION : 0) |
				 (flag_of(object, "signal") ? STK_FRAME_SIGNAL : 0) |
				 (flag_of(object, "runtime") ? STK_FRAME_RUNTIME : 0) |
				 (flag_of(object, "forced") ? STK_FRAME_FORCED : 0));
	return builder_frame(trace_builder(t), &frame);
}

/* What a read needs of the lines before: a module's index here by the one in the text. */
struct reading {
	uint32_t *modules;
	size_t nmodules, modules_cap;
};

static void push_frames(struct trace *t, const struct reading *r, const json_t *object)
{
	const json_t *frames = json_object_get(object, "frames");
	const json_t *elided = json_object_get(object, "elided");
	uint64_t at = number_of(elided, "at", UINT64_MAX);
	const json_t *frame;
	size_t i;

	json_array_foreach(frames, i, frame) {
		struct trace_frame detail = TRACE_FRAME_INIT;

		if (i == at)
			trace_elided(t, elided_of(elided));
		detail.args = slice_of(frame, "args");
		detail.sp = number_of(frame, "sp", 0);
		detail.cfa = number_of(frame, "cfa", 0);
		trace_push(t, frame_of(t, frame, r->modules, r->nmodules), &detail);
	}
	if (at == json_array_size(frames))
		trace_elided(t, elided_of(elided));
}

static void set_end(struct trace *t, const json_t *object)
{
	static const char *const ends[] = { "root", "no-unwind", "unreadable", "loop", "limit", "text",
					    "none", NULL };

	trace_end(t, (enum stk_end)word_of(object, "end", ends), number_of(object, "end_address", 0));
}

static uint32_t creator_of(struct trace *t, const struct reading *r, const json_t *object)
{
	const json_t *creator = json_object_get(object, "created_by");

	if (!json_is_object(creator) || !json_object_get(creator, "func"))
		return STK_NONE;
	return frame_of(t, creator, r->modules, r->nmodules);
}

/* ---- the rarer parts of a task ---- */

static void read_labels(struct trace *t, const json_t *object, struct stk_more *more)
{
	json_t *labels = json_object_get(object, "labels"), *value;
	size_t count = json_object_size(labels), i = 0;
	struct stk_label *list = builder_alloc(trace_builder(t), count * sizeof(*list));
	const char *key;

	json_object_foreach(labels, key, value) {
		list[i].key = builder_str(trace_builder(t), key);
		list[i].value = text_or_empty(t, labels, key);
		i++;
	}
	more->labels = list;
	more->nlabels = (uint32_t)count;
}

static void read_regs(struct trace *t, const json_t *object, const struct stk_reg **ret,
		      uint32_t *ret_count)
{
	json_t *regs = json_object_get(object, "regs"), *value;
	size_t count = json_object_size(regs), i = 0;
	struct stk_reg *list = builder_alloc(trace_builder(t), count * sizeof(*list));
	const char *key;

	json_object_foreach(regs, key, value) {
		list[i].name = builder_str(trace_builder(t), key);
		list[i].value = number_of(regs, key, 0);
		i++;
	}
	*ret = list;
	*ret_count = (uint32_t)count;
}

static void read_waits(struct trace *t, const json_t *object, struct stk_more *more)
{
	const json_t *waits = json_object_get(object, "waits"), *wait;
	size_t count = json_array_size(waits), i;
	struct stk_wait *list = builder_alloc(trace_builder(t), count * sizeof(*list));

	json_array_foreach(waits, i, wait)
		list[i] = (struct stk_wait){ text_or_empty(t, wait, "kind"),
					     number_of(wait, "address", 0),
					     text_or_empty(t, wait, "text") };
	more->waits = list;
	more->nwaits = (uint32_t)count;
}

static void read_ancestors(struct trace *t, const struct reading *r, const json_t *object,
			   struct stk_more *more)
{
	const json_t *ancestors = json_object_get(object, "ancestors"), *ancestor;
	size_t count = json_array_size(ancestors), i;
	struct stk_ancestor *list = builder_alloc(trace_builder(t), count * sizeof(*list));

	json_array_foreach(ancestors, i, ancestor) {
		push_frames(t, r, ancestor);
		set_end(t, ancestor);
		list[i] = (struct stk_ancestor){ number_of(ancestor, "id", 0), trace_stack(t),
						 creator_of(t, r, ancestor) };
	}
	more->ancestors = list;
	more->nancestors = (uint32_t)count;
}

static void read_go(struct trace *t, const json_t *object, uint32_t task, struct stk_more *more)
{
	const json_t *go = json_object_get(object, "go");
	struct stk_go *ret;
	uint64_t m;

	if (!json_is_object(go))
		return;
	ret = builder_alloc(trace_builder(t), sizeof(*ret));
	m = number_of(go, "m", UINT64_MAX);
	*ret = (struct stk_go){ .m_address = number_of(go, "m_address", 0),
				.m = m <= INT64_MAX ? (int64_t)m : -1,
				.bubble = number_of(go, "bubble", 0), .scan = flag_of(go, "scan"),
				.leaked = flag_of(go, "leaked"), .durable = flag_of(go, "durable"),
				.status = text_of(t, go, "status") };
	more->go = ret;
	builder_task_at(trace_builder(t), task)->address = number_of(go, "g", 0);
}

static void read_more(struct trace *t, const struct reading *r, const json_t *object, uint32_t task)
{
	static const char *const rare[] = { "regs", "waits", "ancestors", "go", "wchan", "syscall",
					    "header" };
	bool any = json_object_size(json_object_get(object, "labels")) > 0;
	struct stk_more *more;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(rare); i++)
		any |= json_object_get(object, rare[i]) != NULL;
	if (!any)
		return;
	more = trace_more(t, task);
	read_labels(t, object, more);
	read_regs(t, object, &more->regs, &more->nregs);
	read_waits(t, object, more);
	read_ancestors(t, r, object, more);
	read_go(t, object, task, more);
	more->wchan = text_of(t, object, "wchan");
	more->syscall = text_of(t, object, "syscall");
	more->header = text_of(t, object, "header");
}

static uint16_t flags_of(const json_t *object)
{
	static const struct { const char *name; uint16_t flag; } flags[] = {
		{ "crashed", STK_TASK_CRASHED }, { "current", STK_TASK_CURRENT },
		{ "system", STK_TASK_SYSTEM }, { "locked", STK_TASK_LOCKED },
		{ "running", STK_TASK_RUNNING }, { "unverified", STK_TASK_UNVERIFIED },
		{ "missed", STK_TASK_MISSED },
	};
	uint16_t ret = 0;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (flag_of(object, flags[i].name))
			ret |= flags[i].flag;
	return ret;
}

static void read_task(struct trace *t, const struct reading *r, const json_t *object)
{
	static const char *const kinds[] = { "thread", "goroutine", "trace", NULL };
	uint64_t wait = number_of(object, "wait", UINT64_MAX);
	uint32_t creator = creator_of(t, r, object);
	struct stk_task *task;

	push_frames(t, r, object);
	set_end(t, object);
	task = trace_task(t, (enum stk_task_kind)word_of(object, "kind", kinds));
	task->id = number_of(object, "id", 0);
	task->creator = creator;
	task->creator_id = number_of(json_object_get(object, "created_by"), "id", 0);
	task->wait_ns = wait <= INT64_MAX ? (int64_t)wait : -1;
	task->name = text_of(t, object, "name");
	task->state = text_of(t, object, "state");
	task->tid = small_of(object, "tid");
	task->flags = flags_of(object);
	task->signal = (uint8_t)small_of(object, "signal");
	read_more(t, r, object, builder_ntasks(trace_builder(t)) - 1);
}

/* ---- the head ---- */

static void read_target(struct trace *t, const json_t *object)
{
	struct stk_target *target = builder_target(trace_builder(t));

	if (!json_is_object(object))
		return;
	target->pid = number_of(object, "pid", 0);
	target->executable = text_or_empty(t, object, "executable");
	target->command = text_or_empty(t, object, "command");
	target->command_line = text_or_empty(t, object, "command_line");
	target->arch = text_or_empty(t, object, "arch");
	target->word = small_of(object, "word");
	target->pause_ns = number_of(object, "pause", 0);
	target->go_version = text_of(t, object, "go_version");
}

static void read_cause(struct trace *t, const json_t *object)
{
	const json_t *statements = json_object_get(object, "statements"), *statement;
	const json_t *sender = json_object_get(object, "sender");
	struct stk_cause *cause;
	size_t i;

	if (!json_is_object(object) || !trace_cause(t, &cause))
		return;
	cause->signal = (int)number_of(object, "signal", 0);
	cause->code = (int)json_integer_value(json_object_get(object, "code"));
	cause->signal_name = text_or_empty(t, object, "signal_name");
	cause->code_text = text_or_empty(t, object, "code_text");
	cause->has_address = json_is_string(json_object_get(object, "address"));
	cause->address = number_of(object, "address", 0);
	cause->sender_pid = small_of(sender, "pid");
	cause->sender_uid = small_of(sender, "uid");
	cause->text = text_or_empty(t, object, "text");
	cause->message = text_of(t, object, "message");
	cause->handled = text_of(t, object, "handled");
	read_regs(t, object, &cause->regs, &cause->nregs);
	cause->signature = text_of(t, object, "signature");
	cause->address_signature = text_of(t, object, "address_signature");
	json_array_foreach(statements, i, statement)
		builder_statement(trace_builder(t), text_or_empty(t, statement, "text"),
				  text_or_empty(t, statement, "basis"));
}

static void read_modules(struct trace *t, struct reading *r, const json_t *modules)
{
	static const char *const statuses[] = { "found", "unverified", "forced", "mismatch", "missing",
						"memory", NULL };
	const json_t *object;
	size_t i;

	json_array_foreach(modules, i, object) {
		struct stk_module module = {
			.path = text_or_empty(t, object, "path"), .file = text_of(t, object, "file"),
			.debug = text_of(t, object, "debug"),
			.build_id = text_or_empty(t, object, "build_id"),
			.start = number_of(object, "start", 0), .end = number_of(object, "end", 0),
			.bias = number_of(object, "bias", 0), .deleted = flag_of(object, "deleted"),
			.status = (enum stk_module_status)word_of(object, "status", statuses),
		};

		r->modules = grow(r->modules, &r->modules_cap, r->nmodules + 1, sizeof(*r->modules));
		r->modules[r->nmodules++] = builder_module(trace_builder(t), &module);
	}
}

static void read_notes(struct trace *t, const json_t *notes)
{
	const json_t *object;
	size_t i;
	int code;

	json_array_foreach(notes, i, object) {
		const char *name = json_string_value(json_object_get(object, "code"));

		for (code = 0; name && code < STK_NOTE_COUNT; code++)
			if (!strcmp(name, stk_note_code_name((enum stk_note_code)code)))
				builder_note(trace_builder(t), (enum stk_note_code)code,
					     text_or_empty(t, object, "subject"), "%s",
					     text_or_empty(t, object, "text"));
	}
}

static void read_facts(struct trace *t, const json_t *facts)
{
	const json_t *fact;
	size_t i;

	json_array_foreach(facts, i, fact)
		builder_fact(trace_builder(t), text_or_empty(t, fact, "section"),
			     text_or_empty(t, fact, "key"), text_or_empty(t, fact, "value"));
}

static void read_head(struct trace *t, struct reading *r, const json_t *object)
{
	const json_t *cause = json_object_get(object, "cause");
	struct slice title = slice_of(cause, "text");

	read_target(t, json_object_get(object, "target"));
	read_cause(t, cause);
	read_facts(t, json_object_get(object, "facts"));
	read_modules(t, r, json_object_get(object, "modules"));
	read_notes(t, json_object_get(object, "notes"));
	if (title.size)
		trace_title(t, title);
}

/* ---- lines ---- */

/* Texts whose bytes were mapped (base/utf8.h) have them back; keys are the target's, too. */
static void unmap_texts(json_t *value)
{
	json_t *item;
	const char *key;
	void *next;
	size_t i;

	if (json_is_string(value)) {
		size_t size = json_string_length(value);
		FREE_AT_END char *bytes = xmalloc(size + 1);

		memcpy(bytes, json_string_value(value), size + 1);
		json_string_setn_nocheck(value, bytes, utf8_unmap(bytes, size));
	}
	json_array_foreach(value, i, item)
		unmap_texts(item);
	json_object_foreach_safe(value, next, key, item) {
		FREE_AT_END char *bytes = xstrdup(key);

		unmap_texts(item);
		bytes[utf8_unmap(bytes, strlen(bytes))] = 0;
		if (!strcmp(bytes, key))
			continue;
		json_object_set_nocheck(value, bytes, item);
		json_object_del(value, key);
	}
}

/* Most lines have none, as stk escapes it, as others do, and as it is. */
static bool may_be_mapped(struct slice line)
{
	static const char *const signs[] = { "\\uEF", "\\uef", "\356\276", "\356\277" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signs); i++)
		if (slice_find(line, signs[i]) != SIZE_MAX)
			return true;
	return false;
}

/* A line as an object: {...}, or "member":{...} of the document around it. NULL when it is none. */
static json_t *parse_line(struct slice line)
{
	FREE_AT_END char *wrapped = NULL;
	json_t *object;

	line = slice_trim(line);
	slice_drop(&line, ",");
	if (line.size > INT32_MAX)
		return NULL;
	if (slice_starts(line, "{\"version\":")) {
		if (!slice_ends(line, "}"))
			wrapped = xasprintf("%.*s}", (int)line.size, line.at);
	} else if (slice_starts(line, "\"")) {
		wrapped = xasprintf("{%.*s}", (int)line.size, line.at);
	}
	object = wrapped ? json_loads(wrapped, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, NULL) :
			   json_loadb(line.at, line.size, JSON_ALLOW_NUL, NULL);
	if (object && may_be_mapped(line))
		unmap_texts(object);
	return object;
}

static bool is_frame_of_document(struct slice line)
{
	line = slice_trim(line);
	return slice_is(line, "\"tasks\":[") || slice_is(line, "\"groups\":[") || slice_is(line, "]") ||
	       slice_is(line, "],") || slice_is(line, "}");
}

/* One line of either; false when it is no part of this. */
static bool read_line(struct trace *t, struct reading *r, struct slice line)
{
	json_t *object = parse_line(line);
	bool is_task, known;

	if (!json_is_object(object)) {
		json_decref(object);
		return false;
	}
	is_task = json_object_get(object, "frames") && json_object_get(object, "kind");
	known = is_task || json_object_get(object, "type") || json_object_get(object, "min_wait") ||
		slice_starts(line, "\"");
	if (is_task)
		read_task(t, r, object);
	else
		read_head(t, r, object);
	json_decref(object);
	return known;
}

static bool is_first(struct slice line)
{
	return slice_starts(line, "{\"type\":\"dump\",\"version\":") ||
	       slice_starts(line, "{\"version\":");
}

static bool probe(struct trace *t)
{
	struct slice line;

	return trace_next(t, &line) && is_first(line) &&
	       slice_find(line, "\"generator\":\"stk ") != SIZE_MAX;
}

static bool is_last(struct slice line)
{
	return slice_starts(line, "{\"type\":\"notes\"") || slice_starts(line, "\"notes\":");
}

static void read_json(struct trace *t)
{
	struct reading r = { .nmodules = 0 };
	struct slice line;
	json_t *head;
	bool whole = false;

	trace_next(t, &line);
	head = parse_line(line);
	if (head)
		read_head(t, &r, head);
	json_decref(head);
	while (!whole && trace_peek(t, &line) && !is_first(line)) {
		trace_skip(t);
		whole = is_last(line);
		if (line.size && !is_frame_of_document(line) && !read_line(t, &r, line))
			trace_unparsed(t, trace_line_number(t), "not a line of stk's JSON");
	}
	if (!whole)
		trace_truncated(t, trace_line_number(t), "the last line, with the notes, is missing");
	else if (trace_peek(t, &line) && slice_is(slice_trim(line), "}"))
		trace_skip(t);
	free(r.modules);
}

static const struct trace_mark marks[] = {
	{ "{\"type\":\"dump\",", "", false },
	{ "{\"version\":", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_stkjson = { "stk", marks, probe, read_json };

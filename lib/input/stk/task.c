/* SPDX-License-Identifier: Apache-2.0 */
/* A task of stk's own JSON: its frames one by one, since most of a dump's are the same few. */
#include "stk.h"

#include <stdlib.h>
#include <string.h>

/* Frames that are remembered by their bytes: of a dump of nothing but different ones, no more. */
#define MAX_REMEMBERED 200000u

/* How many frames were left out: null when the producer did not say. */
static uint32_t elided_of(const json_t *elided)
{
	uint32_t count = small_of(elided, "count");

	return count ? count : STK_NONE;
}

/* ---- frames ---- */

static const struct stk_source *source_of(struct reading *r, const json_t *object)
{
	const json_t *lines = json_object_get(object, "lines"), *line;
	struct builder *b = trace_builder(r->t);
	struct stk_source *source;
	const char **list;
	size_t i;

	if (!json_is_array(lines))
		return NULL;
	source = builder_alloc(b, sizeof(*source));
	list = builder_alloc(b, (json_array_size(lines) + 1) * sizeof(*list));
	json_array_foreach(lines, i, line)
		list[i] = builder_str(b, json_is_string(line) ? json_string_value(line) : "");
	*source = (struct stk_source){ small_of(object, "first"), (uint32_t)json_array_size(lines),
				       list };
	return source;
}

static const struct stk_disasm *disasm_of(struct reading *r, const json_t *list)
{
	struct builder *b = trace_builder(r->t);
	struct stk_disasm *disasm;
	struct stk_insn *insns;
	const json_t *insn;
	size_t i;

	if (!json_is_array(list))
		return NULL;
	disasm = builder_alloc(b, sizeof(*disasm));
	insns = builder_alloc(b, (json_array_size(list) + 1) * sizeof(*insns));
	json_array_foreach(list, i, insn) insns[i] =
		(struct stk_insn){ number_of(insn, "address", 0), text_or_empty(r->t, insn, "text"),
				   flag_of(insn, "current") };
	*disasm = (struct stk_disasm){ (uint32_t)json_array_size(list), insns };
	return disasm;
}

/* clang-format off */
static const struct member frame_members[] = {
	{ "pc", HEX | OR_NULL | NEEDED, 0 }, { "func", TEXT | OR_NULL | NEEDED, 0 },
	{ "file", TEXT | OR_NULL | NEEDED, 0 }, { "line", NUMBER | OR_NULL | NEEDED, UINT32_MAX },
	{ "column", NUMBER | OR_NULL | NEEDED, UINT32_MAX }, { "inlined", BOOL | NEEDED, 0 },
	{ "module", TEXT | OR_NULL | NEEDED, 0 }, { "offset", HEX | OR_NULL | NEEDED, 0 },
	{ "module_index", NUMBER, 0 }, { "linkage", TEXT, 0 }, { "func_offset", HEX, 0 },
	{ "call_offset", HEX, 0 }, { "why", TEXT, 0 },
	{ "lang", TEXT, 0 }, { "source", OBJECT, 0 }, { "disasm", LIST, 0 },
	{ "how", TEXT, 0 }, { "activation", BOOL, 0 }, { "signal", BOOL, 0 }, { "runtime", BOOL, 0 },
	{ "forced", BOOL, 0 }, { "library", BOOL, 0 }, { "plumbing", BOOL, 0 }, { "language", BOOL, 0 },
	{ "panic", BOOL, 0 }, { "start", BOOL, 0 },
	{ "interpreter", BOOL, 0 }, { NULL, 0, 0 },
};
/* clang-format on */

/* By its number, since two may have one path; else by that. */
static uint32_t module_of(struct reading *r, const json_t *object)
{
	uint64_t index = number_of(object, "module_index", UINT64_MAX);
	const char *path = text_of(r->t, object, "module");
	size_t i;

	if (index < r->nmodules)
		return r->modules[index];
	for (i = 0; path && i < r->nmodules; i++)
		if (builder_module_at(trace_builder(r->t), r->modules[i])->path == path)
			return r->modules[i];
	if (path || json_object_get(object, "module_index"))
		read_doubt(r, "the module of a frame is not among the modules: '%.200s'",
			   path ? path : "");
	return STK_NONE;
}

static uint32_t frame_of(struct reading *r, const json_t *object)
{
	const struct word *how = word_of(r, object, "how", &words_how);
	struct trace *t = r->t;
	struct stk_loc loc = {
		.func = text_of(t, object, "func"),
		.linkage = text_of(t, object, "linkage"),
		.file = text_of(t, object, "file"),
		.why = text_of(t, object, "why"),
		.language = text_of(t, object, "lang"),
		.line = small_of(object, "line"),
		.column = small_of(object, "column"),
		.module = module_of(r, object),
		.inlined = flag_of(object, "inlined"),
		.offset = number_of(object, "offset", 0),
		.func_offset = number_of(object, "func_offset", UINT64_MAX),
		.call_offset = number_of(object, "call_offset", 0),
		.source = source_of(r, json_object_get(object, "source")),
		.disasm = disasm_of(r, json_object_get(object, "disasm")),
	};
	struct stk_frame frame = { .pc = number_of(object, "pc", 0) };

	check_members(r, "a frame", object, frame_members);
	frame.loc = builder_loc(trace_builder(t), &loc);
	frame.how = (uint16_t)(how ? how->value : STK_HOW_TEXT);
	frame.flags = (uint16_t)flags_of(object, &words_frame_flag);
	return builder_frame(trace_builder(t), &frame);
}

static void read_values(struct reading *r, const json_t *values, struct trace_frame *detail)
{
	static const struct member members[] = {
		{ "name", TEXT | NEEDED, 0 },
		{ "type", TEXT | NEEDED, 0 },
		{ "text", TEXT | NEEDED, 0 },
		{ "argument", BOOL | NEEDED, 0 },
		{ NULL, 0, 0 },
	};
	size_t count = json_array_size(values), i;
	struct stk_value *list;
	const json_t *value;

	if (!count)
		return;
	list = builder_alloc(trace_builder(r->t), count * sizeof(*list));
	json_array_foreach(values, i, value)
	{
		check_members(r, "a value", value, members);
		list[i] = (struct stk_value){ text_or_empty(r->t, value, "name"),
					      text_or_empty(r->t, value, "type"),
					      text_or_empty(r->t, value, "text"),
					      flag_of(value, "argument") };
	}
	detail->values = list;
	detail->nvalues = (uint32_t)count;
}

/* What only this task knows of a frame. */
static bool is_detail(struct slice key)
{
	return json_is_key(key, "sp") || json_is_key(key, "cfa") || json_is_key(key, "args") ||
	       json_is_key(key, "values");
}

static void put(struct piece *piece, struct slice more)
{
	piece->bytes = grow(piece->bytes, &piece->cap, piece->used + more.size + 2, 1);
	memcpy(piece->bytes + piece->used, more.at, more.size);
	piece->used += more.size;
}

/* A member, as one of an object of its own. */
static void put_member(struct piece *piece, struct slice key, struct slice value)
{
	put(piece, piece->used ? SLICE(",") : SLICE("{"));
	put(piece, slice_to(key, (size_t)(value.at + value.size - key.at)));
}

/* NULL when it is no object, or has no members. */
static json_t *parse_piece(struct piece *piece)
{
	json_t *parsed;

	if (!piece->used)
		return NULL;
	piece->bytes[piece->used] = '}';
	parsed = json_parse((struct slice){ piece->bytes, piece->used + 1 });
	if (json_is_object(parsed))
		return parsed;
	json_decref(parsed);
	return NULL;
}

/* What was captured is kept, whatever is asked for now. */
static void push_detailed(struct reading *r, uint32_t frame)
{
	struct trace_frame detail = TRACE_FRAME_INIT;
	static const struct member members[] = {
		{ "args", TEXT, 0 },   { "sp", HEX, 0 }, { "cfa", HEX, 0 },
		{ "values", LIST, 0 }, { NULL, 0, 0 },
	};
	json_t *parsed = parse_piece(&r->detail);

	check_members(r, "a frame", parsed, members);
	detail.args = slice_of(parsed, "args");
	detail.sp = number_of(parsed, "sp", 0);
	detail.cfa = number_of(parsed, "cfa", 0);
	read_values(r, json_object_get(parsed, "values"), &detail);
	trace_detailed(r->t);
	trace_push(r->t, frame, &detail);
	json_decref(parsed);
}

static uint32_t parse_frame(struct reading *r)
{
	json_t *parsed = parse_piece(&r->frame);
	uint32_t frame = parsed ? frame_of(r, parsed) : STK_NONE;

	json_decref(parsed);
	return frame;
}

static uint32_t known_frame(struct reading *r)
{
	uint32_t *slot, frame;

	if (r->remembered >= MAX_REMEMBERED)
		return parse_frame(r);
	if (trace_memo(r->t, r->frame.bytes, r->frame.used, &slot))
		return *slot;
	*slot = STK_NONE;
	r->remembered++;
	/* the slot moves when modules are remembered */
	frame = parse_frame(r);
	(void)trace_memo(r->t, r->frame.bytes, r->frame.used, &slot);
	*slot = frame;
	return frame;
}

/* Takes a frame off; false when it is none. */
static bool push_frame(struct reading *r, struct slice *rest)
{
	struct slice key, value;
	uint32_t frame;

	if (!slice_starts(*rest, "{"))
		return false;
	r->frame.used = r->detail.used = 0;
	while (json_member(rest, &key, &value))
		put_member(is_detail(key) ? &r->detail : &r->frame, key, value);
	if (!json_close(rest) || !r->frame.used)
		return false;
	frame = known_frame(r);
	if (frame == STK_NONE)
		return false;
	if (r->detail.used)
		push_detailed(r, frame);
	else
		trace_push(r->t, frame, NULL);
	return true;
}

static bool push_frames(struct reading *r, struct slice *rest)
{
	if (!slice_starts(*rest, "["))
		return false;
	while (json_next(rest))
		if (!push_frame(r, rest))
			return false;
	return json_close(rest);
}

/* Those of a part that is parsed already. */
static void push_parsed(struct reading *r, const json_t *object)
{
	const json_t *frame;
	size_t i;

	json_array_foreach(json_object_get(object, "frames"), i, frame)
		trace_push(r->t, frame_of(r, frame), NULL);
}

static void set_end(struct reading *r, const json_t *object)
{
	static const struct member members[] = {
		{ "count", NUMBER | OR_NULL | NEEDED, UINT32_MAX },
		{ "at", NUMBER | NEEDED, UINT32_MAX },
		{ NULL, 0, 0 },
	};
	const struct word *end = word_of(r, object, "end", &words_end);
	const json_t *elided = json_object_get(object, "elided");

	if (json_is_object(elided)) {
		check_members(r, "what was left out", elided, members);
		trace_elided_at(r->t, elided_of(elided), small_of(elided, "at"));
	}
	/* an end that is not known is not the outermost frame */
	trace_end(r->t, end ? (enum stk_end)end->value : STK_END_TEXT,
		  number_of(object, "end_address", 0));
}

static uint32_t creator_of(struct reading *r, const json_t *object)
{
	const json_t *creator = json_object_get(object, "created_by");

	if (!json_is_object(creator) || !json_object_get(creator, "func"))
		return STK_NONE;
	return frame_of(r, creator);
}

/* ---- the rarer parts of a task ---- */

static void read_labels(struct reading *r, const json_t *object, struct stk_more *more)
{
	struct trace *t = r->t;
	json_t *labels = json_object_get(object, "labels"), *value;
	size_t count = json_object_size(labels), i = 0;
	struct stk_label *list = builder_alloc(trace_builder(t), count * sizeof(*list));
	const char *key;

	check_texts(r, "labels", labels, false);
	json_object_foreach(labels, key, value)
	{
		list[i].key = builder_str(trace_builder(t), key);
		list[i].value = text_or_empty(t, labels, key);
		i++;
	}
	more->labels = list;
	more->nlabels = (uint32_t)count;
}

void read_regs(struct reading *r, const json_t *object, const struct stk_reg **ret,
	       uint32_t *ret_count)
{
	struct trace *t = r->t;
	json_t *regs = json_object_get(object, "regs"), *value;
	size_t count = json_object_size(regs), i = 0;
	struct stk_reg *list = builder_alloc(trace_builder(t), count * sizeof(*list));
	const char *key;

	check_texts(r, "registers", regs, true);
	json_object_foreach(regs, key, value)
	{
		list[i].name = builder_str(trace_builder(t), key);
		list[i].value = number_of(regs, key, 0);
		i++;
	}
	*ret = list;
	*ret_count = (uint32_t)count;
}

/* Left out where it is certain. */
static uint32_t certainty_of(struct reading *r, const json_t *wait)
{
	const struct word *certainty = json_object_get(wait, "certainty")
					       ? word_of(r, wait, "certainty", &words_certainty)
					       : NULL;

	return certainty ? certainty->value : STK_CERTAIN;
}

static void read_waits(struct reading *r, const json_t *object, struct stk_more *more)
{
	/* clang-format off */
	static const struct member members[] = {
		{ "kind", TEXT | NEEDED, 0 }, { "address", HEX | OR_NULL | NEEDED, 0 },
		{ "text", TEXT | NEEDED, 0 }, { "object", TEXT, 0 }, { "basis", TEXT, 0 },
		{ "owner", NUMBER, 0 }, { "related", HEX, 0 }, { "certainty", TEXT, 0 },
		{ "outside", BOOL, 0 }, { "timed", BOOL, 0 }, { "owner_gone", BOOL, 0 },
		{ "ending", BOOL, 0 }, { NULL, 0, 0 },
	};
	/* clang-format on */
	struct trace *t = r->t;
	const json_t *waits = json_object_get(object, "waits"), *wait;
	size_t count = json_array_size(waits), i;
	struct stk_wait *list = builder_alloc(trace_builder(t), count * sizeof(*list));

	json_array_foreach(waits, i, wait)
	{
		check_members(r, "a wait", wait, members);
		list[i] = (struct stk_wait){
			.kind = text_or_empty(t, wait, "kind"),
			.address = number_of(wait, "address", 0),
			.text = text_or_empty(t, wait, "text"),
			.object = text_of(t, wait, "object"),
			.basis = text_of(t, wait, "basis"),
			.owner = number_of(wait, "owner", 0),
			.related = number_of(wait, "related", 0),
			.flags = flags_of(wait, &words_wait_flag),
			.certainty = certainty_of(r, wait),
		};
	}
	more->waits = list;
	more->nwaits = (uint32_t)count;
}

static void read_ancestors(struct reading *r, const json_t *object, struct stk_more *more)
{
	static const struct member members[] = {
		{ "id", NUMBER | NEEDED, 0 },
		{ "created_by", OBJECT | OR_NULL | NEEDED, 0 },
		{ "frames", LIST | NEEDED, 0 },
		{ "elided", OBJECT, 0 },
		{ "end", TEXT | NEEDED, 0 },
		{ "end_address", HEX, 0 },
		{ NULL, 0, 0 },
	};
	struct trace *t = r->t;
	const json_t *ancestors = json_object_get(object, "ancestors"), *ancestor;
	size_t count = json_array_size(ancestors), i;
	struct stk_ancestor *list = builder_alloc(trace_builder(t), count * sizeof(*list));

	json_array_foreach(ancestors, i, ancestor)
	{
		check_members(r, "an ancestor", ancestor, members);
		push_parsed(r, ancestor);
		set_end(r, ancestor);
		list[i] = (struct stk_ancestor){ number_of(ancestor, "id", 0), trace_stack(t),
						 creator_of(r, ancestor) };
	}
	more->ancestors = list;
	more->nancestors = (uint32_t)count;
}

static void read_go(struct reading *r, const json_t *object, uint32_t task, struct stk_more *more)
{
	static const struct member members[] = {
		{ "g", HEX, 0 },         { "m_address", HEX, 0 }, { "m", NUMBER, 0 },
		{ "bubble", NUMBER, 0 }, { "scan", BOOL, 0 },     { "leaked", BOOL, 0 },
		{ "durable", BOOL, 0 },  { "status", TEXT, 0 },   { NULL, 0, 0 },
	};
	struct trace *t = r->t;
	const json_t *go = json_object_get(object, "go");
	struct stk_go *ret;
	uint64_t m;

	if (!json_is_object(go))
		return;
	check_members(r, "what Go knows", go, members);
	ret = builder_alloc(trace_builder(t), sizeof(*ret));
	m = number_of(go, "m", UINT64_MAX);
	*ret = (struct stk_go){ .m_address = number_of(go, "m_address", 0),
				.m = m <= INT64_MAX ? (int64_t)m : -1,
				.bubble = number_of(go, "bubble", 0),
				.scan = flag_of(go, "scan"),
				.leaked = flag_of(go, "leaked"),
				.durable = flag_of(go, "durable"),
				.status = text_of(t, go, "status") };
	more->go = ret;
	builder_task_at(trace_builder(t), task)->address = number_of(go, "g", 0);
}

static void read_more(struct reading *r, const json_t *object, uint32_t task)
{
	struct trace *t = r->t;
	static const char *const rare[] = { "regs",  "waits",   "ancestors", "go",
					    "wchan", "syscall", "header" };
	bool any = json_object_size(json_object_get(object, "labels")) > 0;
	struct stk_more *more;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(rare); i++)
		any |= json_object_get(object, rare[i]) != NULL;
	if (!any)
		return;
	more = trace_more(t, task);
	read_labels(r, object, more);
	read_regs(r, object, &more->regs, &more->nregs);
	read_waits(r, object, more);
	read_ancestors(r, object, more);
	read_go(r, object, task, more);
	more->wchan = text_of(t, object, "wchan");
	more->syscall = text_of(t, object, "syscall");
	more->header = text_of(t, object, "header");
}

/* Its frames were taken off already. */
/* clang-format off */
static const struct member task_members[] = {
	{ "kind", TEXT | NEEDED, 0 }, { "id", NUMBER | NEEDED, 0 }, { "name", TEXT | OR_NULL | NEEDED, 0 },
	{ "state", TEXT | OR_NULL | NEEDED, 0 }, { "wait", NUMBER | OR_NULL | NEEDED, 0 },
	{ "crashed", BOOL | NEEDED, 0 }, { "current", BOOL, 0 }, { "system", BOOL, 0 },
	{ "locked", BOOL, 0 }, { "running", BOOL, 0 }, { "unverified", BOOL, 0 }, { "missed", BOOL, 0 },
	{ "tid", NUMBER, UINT32_MAX }, { "signal", NUMBER, UINT8_MAX }, { "labels", OBJECT | NEEDED, 0 },
	{ "created_by", OBJECT | OR_NULL | NEEDED, 0 }, { "regs", OBJECT, 0 }, { "waits", LIST, 0 },
	{ "ancestors", LIST, 0 }, { "go", OBJECT, 0 }, { "wchan", TEXT, 0 }, { "syscall", TEXT, 0 },
	{ "header", TEXT, 0 }, { "elided", OBJECT, 0 }, { "end", TEXT | NEEDED, 0 },
	{ "end_address", HEX, 0 }, { NULL, 0, 0 },
};
/* clang-format on */

/* A task of a kind that this stk does not know is a stack that keeps the word in its heading. */
static void set_strange(struct reading *r, const json_t *object, uint32_t task)
{
	const char *word = text_of(r->t, object, "kind");
	struct stk_more *more;

	if (!word || json_object_get(object, "header"))
		return;
	more = trace_more(r->t, task);
	more->header = builder_fmt(trace_builder(r->t), "%s %llu", word,
				   (unsigned long long)number_of(object, "id", 0));
}

static void make_task(struct reading *r, const json_t *object)
{
	const struct word *kind = word_of(r, object, "kind", &words_task_kind);
	uint64_t wait = number_of(object, "wait", UINT64_MAX);
	uint32_t creator = creator_of(r, object), signal = small_of(object, "signal");
	struct trace *t = r->t;
	struct stk_task *task;

	check_members(r, "a task", object, task_members);
	set_end(r, object);
	task = trace_task(t, kind ? (enum stk_task_kind)kind->value : STK_TRACE);
	task->id = number_of(object, "id", 0);
	task->creator = creator;
	task->creator_id = number_of(json_object_get(object, "created_by"), "id", 0);
	task->wait_ns = wait <= INT64_MAX ? (int64_t)wait : -1;
	task->name = text_of(t, object, "name");
	task->state = text_of(t, object, "state");
	task->tid = small_of(object, "tid");
	task->flags = (uint16_t)flags_of(object, &words_task_flag);
	task->signal = (uint8_t)(signal <= UINT8_MAX ? signal : 0);
	read_more(r, object, builder_ntasks(trace_builder(t)) - 1);
	if (!kind)
		set_strange(r, object, builder_ntasks(trace_builder(t)) - 1);
}

/* Takes off what could not be read; false when it does not end. */
static bool pass_task(struct reading *r, struct slice begin, struct slice *rest)
{
	struct slice task;

	*rest = begin;
	if (!json_value(rest, &task))
		return false;
	read_doubt(r, "a task cannot be read");
	return true;
}

bool read_task(struct reading *r, struct slice *rest)
{
	struct slice begin = *rest, key, value;
	json_t *parsed = NULL;
	bool fine = slice_starts(*rest, "{"), frames = false;

	if (!fine)
		return false;
	r->task.used = 0;
	while (fine && json_key(rest, &key)) {
		if (json_is_key(key, "frames"))
			frames = fine = !trace_pushed(r->t) && push_frames(r, rest);
		else if ((fine = json_value(rest, &value)))
			put_member(&r->task, key, value);
	}
	if (fine && json_close(rest))
		parsed = parse_piece(&r->task);
	if (!parsed) {
		(void)trace_stack(r->t);
		return pass_task(r, begin, rest);
	}
	if (!frames)
		read_doubt(r, "a task lacks 'frames'");
	make_task(r, parsed);
	json_decref(parsed);
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* stk's own JSON, of stk-json(5): a line a task (jsonl), or one document (json), laid out in any way,
 * its members in any order: as stk writes it, as jq or a database does, several in an array or one
 * after the other, within a log. What a later version adds is passed over. It is read piece by piece:
 * a document may be much larger than what should be in memory at once. */
#include "stk.h"

#include <stdlib.h>
#include <string.h>

/* How many values of others may have no end. */
#define MAX_CUT 64u

/* ---- the head ---- */

/* ---- the head ---- */

static void read_target(struct reading *r, const json_t *object)
{
	static const char *const kinds[] = { "core", "process", "text", "file", NULL };
	struct trace *t = r->t;
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
	/* of the input as a whole, where it is nothing but this */
	r->target = *target;
	r->target.kind = (enum stk_target_kind)word_of(object, "kind", kinds);
	r->target.name = text_or_empty(t, object, "name");
	r->target.threads = small_of(object, "threads");
	r->target.goroutines = small_of(object, "goroutines");
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
	/* older releases of stk have no word for it */
	cause->deadlock = flag_of(object, "deadlock") || golang_is_deadlock(cause->text) ||
			  golang_is_deadlock(cause->message);
	cause->handled = text_of(t, object, "handled");
	cause->signature = text_of(t, object, "signature");
	cause->address_signature = text_of(t, object, "address_signature");
	read_regs(t, object, &cause->regs, &cause->nregs);
	json_array_foreach(statements, i, statement)
		builder_statement(trace_builder(t), text_or_empty(t, statement, "text"),
				  text_or_empty(t, statement, "basis"));
}

static void read_modules(struct reading *r, const json_t *modules)
{
	static const char *const statuses[] = { "found", "unverified", "forced", "mismatch", "missing",
						"memory", NULL };
	struct trace *t = r->t;
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

/* A part of a document that is small enough to be had at once; NULL when it is not there. */
static json_t *part(struct slice piece)
{
	return piece.at ? json_parse(piece) : NULL;
}

static void read_reports(struct reading *r, const json_t *reports)
{
	const json_t *object;
	uint32_t next = 0;
	size_t i;

	json_array_foreach(reports, i, object) {
		uint32_t first = small_of(object, "first"), count = small_of(object, "count");
		uint32_t tasks = builder_ntasks(trace_builder(r->t)) - r->first;

		/* in order, and none within another */
		if (first < next || first > tasks || count > tasks - first)
			continue;
		next = first + count;
		trace_report(r->t, (struct stk_report){
			.format = text_or_empty(r->t, object, "format"),
			.title = text_or_empty(r->t, object, "title"),
			.source = text_or_empty(r->t, object, "source"),
			.line = small_of(object, "line"), .first = r->first + first, .count = count });
		r->reported = true;
	}
}

static void read_spans(struct reading *r, const json_t *spans)
{
	const json_t *object;
	size_t i;

	json_array_foreach(spans, i, object) {
		struct slice text = slice_of(object, "text");

		if (text.size)
			builder_span(trace_builder(r->t), &(struct stk_span){
				trace_str(r->t, text), text.size, r->first + small_of(object, "task") });
	}
}

/* ---- documents ---- */

enum { TARGET, CAUSE, FACTS, MODULES, REPORTS, SPANS, TASKS, NOTES, GENERATOR, TYPE, FRAMES, PARTS };

/* The members of an object, wherever they stand in it. */
struct parts {
	struct slice at[PARTS];
	bool cut; /* the input ends in it; the last member may be a piece */
};

static void set_part(struct parts *parts, struct slice key, struct slice value)
{
	static const char *const names[PARTS] = { "target", "cause", "facts", "modules", "reports",
						  "spans", "tasks", "notes", "generator", "type", "frames" };
	unsigned i;

	for (i = 0; i < PARTS; i++)
		if (key.size == strlen(names[i]) + 2 && !memcmp(key.at + 1, names[i], key.size - 2))
			parts->at[i] = value;
}

/* Takes an object off. */
static struct parts take_apart(struct slice *rest)
{
	struct parts parts = { .cut = false };
	struct slice key, value;

	while (json_key(rest, &key)) {
		struct slice begin = *rest;

		if (!json_value(rest, &value))
			value = begin;
		set_part(&parts, key, value);
	}
	parts.cut = !json_close(rest);
	return parts;
}

static bool is_ours(const struct parts *parts)
{
	return slice_starts(parts->at[GENERATOR], "\"stk ");
}

static void read_head(struct reading *r, const struct parts *parts)
{
	json_t *target = part(parts->at[TARGET]), *cause = part(parts->at[CAUSE]);
	json_t *facts = part(parts->at[FACTS]), *modules = part(parts->at[MODULES]);
	const char *title = json_string_value(json_object_get(cause, "text"));

	r->documents++;
	r->first = builder_ntasks(trace_builder(r->t));
	r->reported = false;
	r->nmodules = 0;
	r->title = builder_str(trace_builder(r->t), title && *title ? title : "");
	read_target(r, target);
	read_cause(r->t, cause);
	read_facts(r->t, facts);
	read_modules(r, modules);
	json_decref(target);
	json_decref(cause);
	json_decref(facts);
	json_decref(modules);
	r->reports = part(parts->at[REPORTS]);
	r->spans = part(parts->at[SPANS]);
	r->open = true;
	r->ended = false;
}

static void read_notes_part(struct reading *r, struct slice piece)
{
	json_t *notes = part(piece);

	read_notes(r->t, notes);
	json_decref(notes);
}

/* The reports of a document say which of its tasks are theirs: they come after them. `alone`: the
 * input is nothing else; then it is no report, but the dump that it was. */
static void end_document(struct reading *r, bool alone)
{
	if (!r->open)
		return;
	if (!r->ended)
		trace_truncated(r->t, r->line, "the last line, with the notes, is missing");
	r->open = false;
	read_reports(r, r->reports);
	read_spans(r, r->spans);
	json_decref(r->reports);
	json_decref(r->spans);
	if (!r->reported && !alone)
		trace_report(r->t, (struct stk_report){
			.title = r->title, .line = r->line, .first = r->first,
			.count = builder_ntasks(trace_builder(r->t)) - r->first });
}

static void begin_document(struct reading *r, const struct parts *parts, uint32_t line)
{
	end_document(r, false);
	r->line = line;
	read_head(r, parts);
}

static void read_tasks(struct reading *r, struct slice tasks)
{
	while (json_next(&tasks))
		if (!read_task(r, &tasks))
			return;
}

static void read_document(struct reading *r, const struct parts *parts, uint32_t line)
{
	begin_document(r, parts, line);
	read_tasks(r, parts->at[TASKS]);
	read_notes_part(r, parts->at[NOTES]);
	r->ended = !parts->cut;
}

/* A line of jsonl; false when it is none. */
static bool read_typed(struct reading *r, const struct parts *parts, struct slice object,
		       uint32_t line)
{
	if (slice_is(parts->at[TYPE], "\"dump\"") && is_ours(parts)) {
		begin_document(r, parts, line);
		return true;
	}
	if (!r->open)
		return false;
	if (slice_is(parts->at[TYPE], "\"notes\"")) {
		read_notes_part(r, parts->at[NOTES]);
		r->ended = true;
	}
	return !slice_is(parts->at[TYPE], "\"task\"") || read_task(r, &object);
}

/* Takes a value off; false when it is nothing of stk's. `line`: where it begins. */
static bool read_value(struct reading *r, struct slice *rest, uint32_t line)
{
	struct slice begin = *rest, other;
	struct parts parts;
	bool any = false;

	/* most of all lines */
	if (r->open && slice_starts(*rest, "{\"type\":\"task\","))
		return read_task(r, rest);
	if (slice_starts(*rest, "[")) {
		while (json_next(rest))
			if (slice_starts(*rest, "{"))
				any |= read_value(r, rest, line);
			else if (!json_value(rest, &other))
				break;
		(void)json_close(rest);
		return any;
	}
	parts = take_apart(rest);
	if (parts.at[TYPE].at)
		return read_typed(r, &parts, begin, line);
	if (!is_ours(&parts))
		return false;
	read_document(r, &parts, line);
	return true;
}

static void reading_close(struct reading *r, bool alone)
{
	end_document(r, alone);
	free(r->modules);
	free(r->frame.bytes);
	free(r->detail.bytes);
	free(r->task.bytes);
	free(r->lines.bytes);
}

/* ---- an input that is nothing else ---- */

static bool begins(struct slice rest)
{
	return slice_starts(rest, "{") || slice_starts(rest, "[");
}

/* Over blanks and lines without an end. */
static void skip_blank_lines(struct slice *s)
{
	while (s->size && memchr(" \t\r\n", *s->at, 4))
		*s = slice_from(*s, 1);
}

/* What another has written stays as text: a value that was taken off, else the line. */
static void pass(struct reading *r, struct slice begin, struct slice *rest)
{
	struct builder *b = trace_builder(r->t);
	const char *end = memchr(begin.at, '\n', begin.size);
	size_t size = (size_t)(rest->at - begin.at);

	/* of one that does not end all was looked at: not again and again */
	if (size && !memchr("]}", begin.at[size - 1], 2) && ++r->cut > MAX_CUT)
		size = begin.size;
	if (!size)
		size = end ? (size_t)(end - begin.at) + 1 : begin.size;
	if (trace_wants(r->t, STK_WANT_TEXT))
		builder_span(b, &(struct stk_span){ begin.at, size, builder_ntasks(b) });
	*rest = slice_from(begin, size);
}

static uint32_t lines_in(const char *from, const char *to)
{
	uint32_t lines = 0;

	while (from < to && (from = memchr(from, '\n', (size_t)(to - from)))) {
		lines++;
		from++;
	}
	return lines;
}

static bool probe_file(struct slice bytes)
{
	struct slice generator;

	slice_skip(&bytes, "\xef\xbb\xbf");
	skip_blank_lines(&bytes);
	if (slice_starts(bytes, "[") && !json_next(&bytes))
		return false;
	return slice_starts(bytes, "{") && json_find(bytes, "generator", &generator) &&
	       slice_starts(generator, "\"stk ");
}

static bool read_file_of(struct trace *t, struct slice rest)
{
	struct reading r = { .t = t };
	const char *seen = rest.at;
	struct slice value;
	uint32_t line = 1;
	bool alone;

	slice_skip(&rest, "\xef\xbb\xbf");
	for (skip_blank_lines(&rest); rest.size; skip_blank_lines(&rest)) {
		line += lines_in(seen, rest.at);
		seen = rest.at;
		value = rest;
		if (begins(rest) && read_value(&r, &rest, line))
			continue;
		r.strange = true;
		trace_unparsed(t, line, "nothing of stk's JSON");
		pass(&r, value, &rest);
	}
	alone = r.documents == 1 && !r.strange;
	reading_close(&r, alone);
	if (alone) {
		*builder_target(trace_builder(t)) = r.target;
		trace_restored(t);
	}
	return true;
}

const struct trace_binary trace_stkjson_file = { "stk", probe_file, read_file_of };

/* ---- within a log ---- */

/* The value that begins in the next line: in the input itself, or put together out of lines. */
static struct slice take_value(struct reading *r)
{
	struct slice raw = trace_raw(r->t), rest = raw, line;
	struct json_balance balance = { 0 };
	size_t used;

	if (raw.at) {
		while (rest.size && !begins(rest))
			rest = slice_from(rest, 1);
		if (!json_balance(&balance, rest, &used))
			used = rest.size;
		trace_take(r->t, (size_t)(rest.at - raw.at) + used);
		return slice_to(rest, used);
	}
	for (r->lines.used = 0; trace_next(r->t, &line);) {
		r->lines.bytes = grow(r->lines.bytes, &r->lines.cap, r->lines.used + line.size + 1, 1);
		memcpy(r->lines.bytes + r->lines.used, line.at, line.size);
		r->lines.bytes[r->lines.used + line.size] = '\n';
		r->lines.used += line.size + 1;
		if (json_balance(&balance, line, &used))
			break;
	}
	return slice_trim((struct slice){ r->lines.bytes, r->lines.used });
}

static bool probe(struct trace *t)
{
	struct slice line;
	unsigned lines;

	if (!trace_peek(t, &line) || !begins(slice_trim(line)))
		return false;
	/* it may stand in a line of its own */
	for (lines = 0; lines < 4 && trace_next(t, &line); lines++)
		if (slice_find(line, "\"generator\":\"stk ") != SIZE_MAX ||
		    slice_find(line, "\"generator\": \"stk ") != SIZE_MAX)
			return true;
	return false;
}

/* A line that is none of these, among those of jsonl. */
static bool skip_strange(struct reading *r)
{
	if (!r->open || r->ended)
		return false;
	trace_pass_line(r->t);
	trace_unparsed(r->t, trace_line_number(r->t), "not a line of stk's JSON");
	return true;
}

static void read_lines(struct trace *t)
{
	struct reading r = { .t = t };
	struct trace_place start;
	struct slice line, value;

	while (trace_peek(t, &line)) {
		start = trace_place(t);
		if (!begins(slice_trim(line)) && skip_strange(&r))
			continue;
		if (!begins(slice_trim(line)))
			break;
		value = take_value(&r);
		if (!read_value(&r, &value, start.line)) {
			trace_return(t, start);
			if (!skip_strange(&r))
				break;
		}
	}
	reading_close(&r, false);
}

static const struct trace_mark marks[] = {
	{ "{\"type\":\"dump\",", "", false },
	{ "{\"type\": \"dump\",", "", false },
	{ "{\"version\":", "", false },
	{ "{\"cause\":", "", false }, /* with its keys sorted */
	{ "  \"version\": ", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_stkjson = { "stk", marks, probe, read_lines, NULL };

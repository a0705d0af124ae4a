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

/* A part of a document that is small enough to be had at once; NULL when it is not there. */
static json_t *part(struct slice piece)
{
	return piece.at ? json_parse(piece) : NULL;
}

/* ---- documents ---- */

/* clang-format off */
enum {
	TARGET, CAUSE, FACTS, MODULES, REPORTS, SPANS, VERDICTS, OBJECTS, TASKS, NOTES, GENERATOR,
	TYPE, VERSION, COMPLETE, PARTS
};
/* clang-format on */

/* The members of an object, wherever they stand in it. */
struct parts {
	struct slice at[PARTS];
	bool cut; /* the input ends in it; the last member may be a piece */
};

static void set_part(struct parts *parts, struct slice key, struct slice value)
{
	static const char *const names[PARTS] = {
		"target",  "cause", "facts", "modules",   "reports", "spans",   "verdicts",
		"objects", "tasks", "notes", "generator", "type",    "version", "complete",
	};
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

/* What all documents have before their tasks. */
static void check_head(struct reading *r, const struct parts *parts)
{
	static const struct {
		unsigned part;
		const char *name;
		char begins[3];
	} needed[] = {
		{ VERSION, "version", "" },  { COMPLETE, "complete", "tf" },
		{ TARGET, "target", "{" },   { CAUSE, "cause", "{n" },
		{ FACTS, "facts", "[" },     { MODULES, "modules", "[" },
		{ REPORTS, "reports", "[" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(needed) && !parts->cut; i++) {
		struct slice part = parts->at[needed[i].part];

		if (!part.at)
			read_doubt(r, "the document lacks '%s'", needed[i].name);
		else if (*needed[i].begins && (!part.size || !strchr(needed[i].begins, *part.at)))
			read_doubt(r, "'%s' of the document cannot be read", needed[i].name);
	}
	r->incomplete = slice_is(parts->at[COMPLETE], "false");
}

/* false: a document of another version, whose members may mean something else. */
static bool is_known_version(struct reading *r, const struct parts *parts, uint32_t line)
{
	struct slice version = parts->at[VERSION];
	int size = (int)(version.size < 20 ? version.size : 20);

	r->refused = version.at && !slice_is(version, "1");
	if (r->refused)
		trace_refuse(r->t, line,
			     builder_fmt(trace_builder(r->t),
					 "version %.*s of stk's JSON is not known, only 1", size,
					 version.at));
	return !r->refused;
}

static void read_head(struct reading *r, const struct parts *parts)
{
	json_t *target = part(parts->at[TARGET]), *cause = part(parts->at[CAUSE]);
	json_t *facts = part(parts->at[FACTS]), *modules = part(parts->at[MODULES]);
	json_t *verdicts = part(parts->at[VERDICTS]), *objects = part(parts->at[OBJECTS]);
	const char *title = json_string_value(json_object_get(cause, "text"));

	r->documents++;
	r->first = builder_ntasks(trace_builder(r->t));
	r->reported = false;
	r->nmodules = 0;
	r->title = builder_str(trace_builder(r->t), title && *title ? title : "");
	r->lost = false;
	check_head(r, parts);
	if (target)
		read_target(r, target);
	read_cause(r, cause);
	read_facts(r, facts);
	read_modules(r, modules);
	read_verdicts(r, verdicts);
	read_objects(r, objects);
	json_decref(verdicts);
	json_decref(objects);
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

	read_notes(r, notes);
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
	else if (r->incomplete && !r->lost)
		trace_truncated(r->t, r->line, "it says that something is missing, and not what");
	r->open = false;
	read_reports(r, r->reports);
	read_spans(r, r->spans);
	json_decref(r->reports);
	json_decref(r->spans);
	if (!r->reported && !alone)
		trace_report(r->t,
			     (struct stk_report){ .title = r->title,
						  .line = r->line,
						  .first = r->first,
						  .count = builder_ntasks(trace_builder(r->t)) -
							   r->first });
}

/* false: it is refused. */
static bool begin_document(struct reading *r, const struct parts *parts, uint32_t line)
{
	end_document(r, false);
	if (!is_known_version(r, parts, line))
		return false;
	r->line = line;
	read_head(r, parts);
	return true;
}

static void read_tasks(struct reading *r, struct slice tasks)
{
	struct slice other;

	while (json_next(&tasks)) {
		if (slice_starts(tasks, "{")) {
			if (!read_task(r, &tasks))
				return;
		} else {
			if (!json_value(&tasks, &other))
				return;
			read_doubt(r, "a task is no object");
		}
	}
}

static void read_document(struct reading *r, const struct parts *parts, uint32_t line)
{
	if (!begin_document(r, parts, line))
		return;
	if (!parts->at[TASKS].at && !parts->cut)
		read_doubt(r, "the document lacks 'tasks'");
	read_tasks(r, parts->at[TASKS]);
	if (parts->at[NOTES].at)
		read_notes_part(r, parts->at[NOTES]);
	else if (!parts->cut)
		read_doubt(r, "the document lacks 'notes'");
	r->ended = !parts->cut;
}

/* A line of jsonl; false when it is none. */
static bool read_typed(struct reading *r, const struct parts *parts, struct slice object,
		       uint32_t line)
{
	static const char *const others[] = { "\"task\"", "\"group\"", "\"notes\"", NULL };
	struct slice type = parts->at[TYPE];
	unsigned i;

	if (slice_is(type, "\"dump\"") && is_ours(parts)) {
		(void)begin_document(r, parts, line);
		return true;
	}
	if (!r->open)
		return r->refused;
	if (slice_is(type, "\"notes\"")) {
		read_notes_part(r, parts->at[NOTES]);
		r->ended = true;
	}
	for (i = 0; others[i] && !slice_is(type, others[i]); i++)
		;
	if (!others[i] && type.size > 2)
		read_doubt(r, "unknown type of a line %.*s",
			   (int)(type.size < 100 ? type.size : 100), type.at);
	return i || read_task(r, &object);
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
	if (!r.documents && r.refused)
		return false;
	alone = r.documents == 1 && !r.strange && !r.refused;
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
		r->lines.bytes = grow(r->lines.bytes, &r->lines.cap, r->lines.used + line.size + 1,
				      1);
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
		if (!read_value(&r, &value, start.line) || (r.refused && !r.documents)) {
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

const struct trace_format trace_stkjson = {
	.name = "stk",
	.marks = marks,
	.probe = probe,
	.read = read_lines,
};

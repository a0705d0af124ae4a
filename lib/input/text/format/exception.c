/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of exceptions, as the formats of several languages read them. */
#include "exception.h"

#include <stdlib.h>
#include <string.h>

/* How many lines of others may stand between two frames. */
#define FOREIGN 5

/* ---- collecting ---- */

struct exception_part *exception_part(struct exception *e, struct slice head)
{
	if (e->count == EXCEPTION_PARTS) {
		e->limited = true;
		return NULL;
	}
	e->parts = grow(e->parts, &e->cap, e->count + 1, sizeof(*e->parts));
	e->parts[e->count] = (struct exception_part){ .head = head };
	return &e->parts[e->count++];
}

void exception_deinit(struct exception *e)
{
	size_t i;

	for (i = 0; i < e->count; i++) {
		free(e->parts[i].frames);
		free(e->parts[i].more);
	}
	free(e->parts);
	*e = (struct exception){ 0 };
}

void exception_again(struct exception *e, struct exception_part *part, uint32_t id)
{
	if (e->total == LIMIT_FRAMES) {
		e->limited = true;
		return;
	}
	part->frames = grow(part->frames, &part->cap, part->count + 1, sizeof(*part->frames));
	part->frames[part->count++] = id;
	e->total++;
}

void exception_frame(struct trace *t, struct exception *e, struct exception_part *part,
		     const struct trace_frame *frame)
{
	exception_again(e, part, trace_frame(t, frame));
}

void exception_repeat(struct exception *e, struct exception_part *part, uint64_t times)
{
	for (; times && part->count && !e->limited; times--)
		exception_again(e, part, part->frames[part->count - 1]);
}

void exception_elided(struct exception_part *part, uint64_t count)
{
	if (!part->elided)
		part->elided_at = (uint32_t)part->count;
	if (count >= STK_NONE || part->elided == STK_NONE ||
	    __builtin_add_overflow(part->elided, (uint32_t)count, &part->elided))
		part->elided = STK_NONE;
}

void exception_share(struct exception *e, struct exception_part *part, size_t from, uint64_t count)
{
	const struct exception_part *other = from < e->count ? &e->parts[from] : NULL;
	size_t at;

	if (!other || other == part || count > other->count || other->elided) {
		exception_elided(part, count);
		return;
	}
	for (at = other->count - (size_t)count; at < other->count; at++)
		exception_again(e, part, other->frames[at]);
}

void exception_more(struct exception_part *part, struct slice line)
{
	char *longer;
	size_t known = part->more ? strlen(part->more) : 0;

	if (known + line.size > LIMIT_STRING)
		return;
	longer = xasprintf("%s%s%.*s", part->more ? part->more : "", part->more ? "\n" : "",
			   (int)line.size, line.size ? line.at : "");
	free(part->more);
	part->more = longer;
}

/* ---- making tasks ---- */

/* In one line. */
static const char *joined(struct trace *t, struct slice first, const char *more)
{
	FREE_AT_END char *text = xasprintf("%.*s", (int)(first.size & 0xffff),
					   first.size ? first.at : "");
	const char *end;

	for (; more; more = *end ? end + 1 : NULL) {
		struct slice line = slice_trim((struct slice){ more, strcspn(more, "\n") });
		char *longer;

		end = more + strcspn(more, "\n");
		if (!line.size)
			continue;
		longer = xasprintf("%s%s%.*s", text, *text ? " " : "", (int)line.size, line.at);
		free(text);
		text = longer;
	}
	return builder_str(trace_builder(t), text);
}

static const char *said(struct trace *t, struct slice type, struct slice message, const char *more)
{
	struct builder *b = trace_builder(t);
	const char *text;

	text = builder_fmt(b, "%.*s%s%.*s", (int)(type.size & 0xffff), type.size ? type.at : "",
			   type.size && message.size ? ": " : "", (int)(message.size & 0xffff),
			   message.size ? message.at : "");
	return joined(t, slice_string(text), more);
}

void exception_cause(struct trace *t, struct slice type, struct slice message, const char *more,
		     bool fatal)
{
	struct builder *b = trace_builder(t);
	const char *text = said(t, type, message, more);
	struct stk_cause *cause;

	trace_title(t, slice_string(text));
	if (!*text || !(fatal ? trace_cause(t, &cause) : trace_logged(t, &cause)))
		return;
	cause->text = text;
	if (message.size || more)
		cause->message = builder_fmt(b, "%.*s%s%s", (int)(message.size & 0xffff),
					     message.size ? message.at : "",
					     message.size && more ? "\n" : "", more ? more : "");
}

static void push_part(struct trace *t, const struct exception_part *part)
{
	size_t count = part->count, i;

	for (i = 0; i < count; i++) {
		if (part->elided && part->elided_at == (part->reversed ? count - i : i))
			trace_elided(t, part->elided);
		trace_push(t, part->frames[part->reversed ? count - 1 - i : i], NULL);
	}
	if (part->elided && part->elided_at == (part->reversed ? 0 : count))
		trace_elided(t, part->elided);
}

static void make_task(struct trace *t, const struct exception *e, const struct exception_part *part,
		      bool main)
{
	struct stk_task *task;
	struct stk_more *more;

	push_part(t, part);
	task = trace_task(t, main ? STK_THREAD : STK_TRACE);
	if (main) {
		task->id = e->id;
		task->name = trace_str(t, e->thread);
		task->state = e->state;
		task->flags = e->fatal ? STK_TASK_CRASHED : 0;
	}
	if (!part->head.at)
		return;
	more = trace_more(t, builder_ntasks(trace_builder(t)) - 1);
	more->header = joined(t, slice_trim(part->head), part->more);
}

void exception_emit(struct trace *t, struct exception *e, size_t main, uint32_t line)
{
	size_t i;

	if (e->limited)
		trace_note(t, STK_NOTE_LIMIT_REACHED, line, "not all of these stacks are read");
	if (main < e->count) {
		const struct exception_part *part = &e->parts[main];

		exception_cause(t, part->type, part->message, part->more, e->fatal);
		make_task(t, e, part, true);
	}
	for (i = 0; i < e->count; i++)
		if (i != main)
			make_task(t, e, &e->parts[i], false);
	exception_deinit(e);
}

/* ---- scanning ---- */

size_t exception_name_size(struct slice s, const char *more)
{
	size_t i;

	for (i = 0; i < s.size; i++) {
		char c = s.at[i];

		/* letters of other alphabets are letters */
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c & 0x80) || c == '_' || (c && strchr(more, c))))
			break;
	}
	return i;
}

bool exception_is_name(struct slice s, const char *more)
{
	return s.size && exception_name_size(s, more) == s.size;
}

size_t exception_indent(struct slice line)
{
	size_t i;

	for (i = 0; i < line.size && (line.at[i] == ' ' || line.at[i] == '\t'); i++)
		;
	return i;
}

bool exception_split(struct slice line, bool (*is_type)(struct slice s), struct slice *type,
		     struct slice *message)
{
	size_t at = slice_find(line, ": ");

	*message = NO_SLICE;
	*type = line;
	if (at != SIZE_MAX) {
		*type = slice_to(line, at);
		*message = slice_from(line, at + 2);
	} else {
		slice_drop(type, ":");
	}
	return is_type(*type);
}

bool exception_goes_on(struct trace *t, bool (*own)(struct slice line),
		       bool (*head)(struct slice line))
{
	struct trace_place start = trace_place(t);
	struct slice line;
	unsigned lines;
	bool found = false;

	for (lines = 0; lines <= FOREIGN && trace_peek(t, &line); lines++) {
		found = own(line);
		if (found || (head && head(line)))
			break;
		trace_skip(t);
	}
	trace_return(t, start);
	for (; found && lines; lines--)
		trace_pass_line(t);
	return found;
}

bool exception_is_logged(struct trace *t)
{
	static const char *const levels[] = {
		"ERROR",     "WARN",      "CRITICAL",  "FATAL",  "INFO",   "DEBUG",
		"SEVERE",    "[error]",   "[warning]", "error:", "level=", "Exception",
		"exception", "Traceback", "failed",    " E ",    "raised",
	};
	struct slice line;
	size_t i;

	if (!trace_above(t, &line))
		return false;
	for (i = 0; i < ARRAY_SIZE(levels); i++)
		if (slice_find(line, levels[i]) != SIZE_MAX)
			return true;
	return false;
}

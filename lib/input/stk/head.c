/* SPDX-License-Identifier: Apache-2.0 */
/* What stk's own JSON says of the whole: target, cause, modules, notes, reports. */
#include "stk.h"

#include <string.h>

void read_target(struct reading *r, const json_t *object)
{
	static const struct member members[] = {
		{ "kind", TEXT | NEEDED, 0 },
		{ "name", TEXT | NEEDED, 0 },
		{ "pid", NUMBER | OR_NULL | NEEDED, 0 },
		{ "executable", TEXT | OR_NULL | NEEDED, 0 },
		{ "command", TEXT | OR_NULL | NEEDED, 0 },
		{ "command_line", TEXT | OR_NULL | NEEDED, 0 },
		{ "arch", TEXT | OR_NULL | NEEDED, 0 },
		{ "word", NUMBER, 8 },
		{ "threads", NUMBER | NEEDED, UINT32_MAX },
		{ "goroutines", NUMBER | NEEDED, UINT32_MAX },
		{ "pause", NUMBER, 0 },
		{ "go_version", TEXT, 0 },
		{ NULL, 0, 0 },
	};
	struct trace *t = r->t;
	struct stk_target *target = builder_target(trace_builder(t));
	const struct word *kind;

	check_members(r, "the target", object, members);
	if (!json_is_object(object))
		return;
	kind = word_of(r, object, "kind", &words_target_kind);
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
	r->target.kind = kind ? (enum stk_target_kind)kind->value : STK_TARGET_TEXT;
	r->target.name = text_or_empty(t, object, "name");
	r->target.threads = small_of(object, "threads");
	r->target.goroutines = small_of(object, "goroutines");
}

/* clang-format off */
static const struct member cause_members[] = {
	{ "signal", NUMBER | OR_NULL, INT32_MAX }, { "signal_name", TEXT | OR_NULL, 0 },
	{ "code", INT | OR_NULL, 0 }, { "code_text", TEXT | OR_NULL, 0 },
	{ "address", HEX | OR_NULL, 0 }, { "text", TEXT | NEEDED, 0 }, { "message", TEXT, 0 },
	{ "deadlock", BOOL, 0 }, { "handled", TEXT, 0 },
	{ "sender", OBJECT, 0 }, { "regs", OBJECT, 0 },
	{ "statements", LIST | NEEDED, 0 }, { "signature", TEXT, 0 }, { "address_signature", TEXT, 0 },
	{ NULL, 0, 0 },
};
/* clang-format on */

void read_cause(struct reading *r, const json_t *object)
{
	static const struct member members[] = {
		{ "text", TEXT | NEEDED, 0 },
		{ "basis", TEXT | NEEDED, 0 },
		{ NULL, 0, 0 },
	};
	static const struct member sent_by[] = {
		{ "pid", NUMBER | NEEDED, UINT32_MAX },
		{ "uid", NUMBER | NEEDED, UINT32_MAX },
		{ NULL, 0, 0 },
	};
	struct trace *t = r->t;
	const json_t *statements = json_object_get(object, "statements"), *statement;
	const json_t *sender = json_object_get(object, "sender");
	struct stk_cause *cause;
	size_t i;

	if (object && !json_is_null(object))
		check_members(r, "the cause", object, cause_members);
	if (!json_is_object(object) || !trace_cause(t, &cause))
		return;
	if (sender)
		check_members(r, "a sender", sender, sent_by);
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
	read_regs(r, object, &cause->regs, &cause->nregs);
	json_array_foreach(statements, i, statement)
	{
		check_members(r, "a statement", statement, members);
		builder_statement(trace_builder(t), text_or_empty(t, statement, "text"),
				  text_or_empty(t, statement, "basis"));
	}
}

void read_modules(struct reading *r, const json_t *modules)
{
	static const struct member members[] = {
		{ "path", TEXT | NEEDED, 0 },
		{ "build_id", TEXT | OR_NULL | NEEDED, 0 },
		{ "start", HEX | NEEDED, 0 },
		{ "end", HEX | NEEDED, 0 },
		{ "status", TEXT | NEEDED, 0 },
		{ "bias", HEX, 0 },
		{ "file", TEXT, 0 },
		{ "debug", TEXT, 0 },
		{ "deleted", BOOL, 0 },
		{ NULL, 0, 0 },
	};
	struct trace *t = r->t;
	const json_t *object;
	size_t i;

	json_array_foreach(modules, i, object)
	{
		const struct word *status = word_of(r, object, "status", &words_module_status);
		struct stk_module module = {
			.path = text_or_empty(t, object, "path"),
			.file = text_of(t, object, "file"),
			.debug = text_of(t, object, "debug"),
			.build_id = text_or_empty(t, object, "build_id"),
			.start = number_of(object, "start", 0),
			.end = number_of(object, "end", 0),
			.bias = number_of(object, "bias", 0),
			.deleted = flag_of(object, "deleted"),
			.status = status ? (enum stk_module_status)status->value
					 : STK_MODULE_MISSING,
		};

		check_members(r, "a module", object, members);
		r->modules = grow(r->modules, &r->modules_cap, r->nmodules + 1,
				  sizeof(*r->modules));
		r->modules[r->nmodules++] = builder_module(trace_builder(t), &module);
	}
}

static int note_code(const char *name)
{
	int code;

	for (code = 0; name && code < STK_NOTE_COUNT; code++)
		if (!strcmp(name, stk_note_code_name((enum stk_note_code)code)))
			return code;
	return -1;
}

/* One of a later version is kept as what it says. */
static void read_note(struct reading *r, const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "code"));
	const struct word *severity = word_of(r, object, "severity", &words_severity);
	const char *subject = text_or_empty(r->t, object, "subject");
	const char *text = text_or_empty(r->t, object, "text");
	int code = note_code(name);

	r->lost |= severity && severity->value == STK_LOSS;
	if (code >= 0)
		builder_note(trace_builder(r->t), (enum stk_note_code)code, subject, "%s", text);
	else if (name)
		read_doubt(r, "unknown note '%.100s'%s%s: %s", name, *subject ? ": " : "", subject,
			   text);
}

void read_notes(struct reading *r, const json_t *notes)
{
	static const struct member members[] = {
		{ "code", TEXT | NEEDED, 0 },
		{ "severity", TEXT | NEEDED, 0 },
		{ "subject", TEXT | NEEDED, 0 },
		{ "text", TEXT | NEEDED, 0 },
		{ NULL, 0, 0 },
	};
	const json_t *object;
	size_t i;

	if (!json_is_array(notes))
		read_doubt(r, "the notes are no list");
	json_array_foreach(notes, i, object)
	{
		check_members(r, "a note", object, members);
		read_note(r, object);
	}
}

void read_facts(struct reading *r, const json_t *facts)
{
	static const struct member members[] = {
		{ "section", TEXT | NEEDED, 0 },
		{ "key", TEXT | NEEDED, 0 },
		{ "value", TEXT | NEEDED, 0 },
		{ NULL, 0, 0 },
	};
	struct trace *t = r->t;
	const json_t *fact;
	size_t i;

	json_array_foreach(facts, i, fact)
	{
		check_members(r, "a fact", fact, members);
		builder_fact(trace_builder(t), text_or_empty(t, fact, "section"),
			     text_or_empty(t, fact, "key"), text_or_empty(t, fact, "value"));
	}
}

void read_reports(struct reading *r, const json_t *reports)
{
	static const struct member members[] = {
		{ "format", TEXT | NEEDED, 0 },
		{ "title", TEXT | NEEDED, 0 },
		{ "source", TEXT | NEEDED, 0 },
		{ "line", NUMBER | NEEDED, UINT32_MAX },
		{ "first", NUMBER | NEEDED, UINT32_MAX },
		{ "count", NUMBER | NEEDED, UINT32_MAX },
		{ NULL, 0, 0 },
	};
	const json_t *object;
	uint32_t next = 0;
	size_t i;

	json_array_foreach(reports, i, object)
	{
		uint32_t first = small_of(object, "first"), count = small_of(object, "count");
		uint32_t tasks = builder_ntasks(trace_builder(r->t)) - r->first;

		check_members(r, "a report", object, members);
		/* in order, and none within another */
		if (first < next || first > tasks || count > tasks - first) {
			read_doubt(r, "a report has tasks that are not there, or another's");
			continue;
		}
		next = first + count;
		trace_report(r->t,
			     (struct stk_report){ .format = text_or_empty(r->t, object, "format"),
						  .title = text_or_empty(r->t, object, "title"),
						  .source = text_or_empty(r->t, object, "source"),
						  .line = small_of(object, "line"),
						  .first = r->first + first,
						  .count = count });
		r->reported = true;
	}
}

void read_spans(struct reading *r, const json_t *spans)
{
	static const struct member members[] = {
		{ "task", NUMBER | NEEDED, UINT32_MAX },
		{ "text", TEXT | NEEDED, 0 },
		{ NULL, 0, 0 },
	};
	const json_t *object;
	size_t i;

	json_array_foreach(spans, i, object)
	{
		struct slice text = slice_of(object, "text");

		check_members(r, "a span", object, members);
		if (text.size)
			builder_span(trace_builder(r->t),
				     &(struct stk_span){ trace_str(r->t, text), text.size,
							 r->first + small_of(object, "task") });
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"
#include "../../model/words.h"

/* "" is unknown in the dump, and null here. */
static void text_or_null(struct jsonw *w, const char *key, const char *text)
{
	jsonw_text(w, key, text && *text ? text : NULL);
}

static void put_target(struct jsonw *w, const struct stk_target *target)
{
	jsonw_open(w, "target", '{');
	jsonw_text(w, "kind", words_row(&words_target_kind, target->kind)->word);
	jsonw_text(w, "name", target->name);
	jsonw_uint_or_null(w, "pid", target->pid, target->pid);
	text_or_null(w, "executable", target->executable);
	text_or_null(w, "command", target->command);
	text_or_null(w, "command_line", target->command_line);
	text_or_null(w, "arch", target->arch);
	jsonw_uint_if(w, "word", target->word);
	jsonw_uint(w, "threads", target->threads);
	jsonw_uint(w, "goroutines", target->goroutines);
	jsonw_uint_if(w, "pause", target->pause_ns);
	jsonw_text_if(w, "go_version", target->go_version);
	jsonw_close(w, '}');
}

static bool is_nothing(const struct stk_cause *cause)
{
	return !cause->signal && !*cause->text && !cause->message && !cause->nstatements &&
	       !cause->signature && !cause->address_signature;
}

static void put_statements(struct jsonw *w, const struct stk_cause *cause)
{
	uint32_t i;

	jsonw_open(w, "statements", '[');
	for (i = 0; i < cause->nstatements; i++) {
		jsonw_open(w, NULL, '{');
		jsonw_text(w, "text", cause->statements[i].text);
		jsonw_text(w, "basis", cause->statements[i].basis);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

void json_regs(struct jsonw *w, const struct stk_reg *regs, uint32_t count)
{
	uint32_t i;

	jsonw_open(w, "regs", '{');
	for (i = 0; i < count; i++) {
		jsonw_target_key(w, regs[i].name);
		jsonw_hex(w, NULL, regs[i].value);
	}
	jsonw_close(w, '}');
}

static void put_cause(struct jsonw *w, const struct stk_cause *cause)
{
	if (is_nothing(cause)) {
		jsonw_null(w, "cause");
		return;
	}
	jsonw_open(w, "cause", '{');
	jsonw_uint_or_null(w, "signal", (uint64_t)cause->signal, cause->signal);
	text_or_null(w, "signal_name", cause->signal_name);
	if (cause->signal)
		jsonw_int(w, "code", cause->code);
	else
		jsonw_null(w, "code");
	text_or_null(w, "code_text", cause->code_text);
	jsonw_hex_or_null(w, "address", cause->address, cause->has_address);
	jsonw_text(w, "text", cause->text);
	jsonw_text_if(w, "message", cause->message);
	jsonw_flag_if(w, "deadlock", cause->deadlock);
	jsonw_text_if(w, "handled", cause->handled);
	if (cause->sender_pid || cause->sender_uid) {
		jsonw_open(w, "sender", '{');
		jsonw_uint(w, "pid", cause->sender_pid);
		jsonw_uint(w, "uid", cause->sender_uid);
		jsonw_close(w, '}');
	}
	if (cause->nregs)
		json_regs(w, cause->regs, cause->nregs);
	put_statements(w, cause);
	jsonw_text_if(w, "signature", cause->signature);
	jsonw_text_if(w, "address_signature", cause->address_signature);
	jsonw_close(w, '}');
}

static void put_facts(struct jsonw *w, const struct stk_dump *dump)
{
	uint32_t i;

	jsonw_open(w, "facts", '[');
	for (i = 0; i < dump->nfacts; i++) {
		jsonw_open(w, NULL, '{');
		jsonw_text(w, "section", dump->facts[i].section);
		jsonw_text(w, "key", dump->facts[i].key);
		jsonw_text(w, "value", dump->facts[i].value);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void put_module(struct jsonw *w, const struct stk_module *module)
{
	jsonw_open(w, NULL, '{');
	jsonw_text(w, "path", module->path);
	text_or_null(w, "build_id", module->build_id);
	jsonw_hex(w, "start", module->start);
	jsonw_hex(w, "end", module->end);
	jsonw_text(w, "status", words_row(&words_module_status, module->status)->word);
	jsonw_hex(w, "bias", module->bias);
	jsonw_text_if(w, "file", module->file);
	jsonw_text_if(w, "debug", module->debug);
	jsonw_flag_if(w, "deleted", module->deleted);
	jsonw_close(w, '}');
}

static void put_modules(struct jsonw *w, const struct stk_dump *dump)
{
	uint32_t i;

	jsonw_open(w, "modules", '[');
	for (i = 0; i < dump->nmodules; i++)
		put_module(w, &dump->modules[i]);
	jsonw_close(w, ']');
}

static void put_reports(struct jsonw *w, const struct stk_dump *dump)
{
	uint32_t i;

	jsonw_open(w, "reports", '[');
	for (i = 0; i < dump->nreports; i++) {
		const struct stk_report *report = &dump->reports[i];

		jsonw_open(w, NULL, '{');
		jsonw_text(w, "format", report->format);
		jsonw_text(w, "title", report->title);
		jsonw_text(w, "source", report->source);
		jsonw_uint(w, "line", report->line);
		jsonw_uint(w, "first", report->first);
		jsonw_uint(w, "count", report->count);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void put_spans(struct jsonw *w, const struct stk_dump *dump)
{
	uint32_t i;

	jsonw_open(w, "spans", '[');
	for (i = 0; i < dump->nspans; i++) {
		jsonw_open(w, NULL, '{');
		jsonw_uint(w, "task", dump->spans[i].task);
		jsonw_textn(w, "text", dump->spans[i].bytes, dump->spans[i].size);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

/* ---- who waits for whom ---- */

static void put_party(struct jsonw *w, const char *key, const struct stk_dump *dump,
		      const struct stk_party *party)
{
	jsonw_open(w, key, '{');
	jsonw_text(w, "kind", words_row(&words_task_kind, party->kind)->word);
	jsonw_uint(w, "id", party->id);
	if (party->target < dump->ncompared)
		jsonw_text(w, "target", dump->compared[party->target].name);
	jsonw_close(w, '}');
}

static void put_parties(struct jsonw *w, const char *key, const struct stk_dump *dump,
			const struct stk_party *parties, uint32_t count)
{
	uint32_t i;

	jsonw_open(w, key, '[');
	for (i = 0; i < count; i++)
		put_party(w, NULL, dump, &parties[i]);
	jsonw_close(w, ']');
}

static void put_verdicts(struct jsonw *w, const struct stk_dump *dump)
{
	uint32_t i;

	jsonw_open(w, "verdicts", '[');
	for (i = 0; i < dump->nverdicts; i++) {
		const struct stk_verdict *verdict = &dump->verdicts[i];

		jsonw_open(w, NULL, '{');
		jsonw_text(w, "kind", words_row(&words_verdict, verdict->kind)->word);
		jsonw_text(w, "certainty", words_row(&words_certainty, verdict->certainty)->word);
		jsonw_text(w, "text", verdict->text);
		jsonw_text_if(w, "basis", verdict->basis);
		jsonw_hex_if(w, "address", verdict->address);
		put_parties(w, "tasks", dump, verdict->tasks, verdict->ntasks);
		jsonw_uint(w, "behind", verdict->behind);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void put_objects(struct jsonw *w, const struct stk_dump *dump)
{
	uint32_t i;

	jsonw_open(w, "objects", '[');
	for (i = 0; i < dump->nobjects; i++) {
		const struct stk_object *object = &dump->objects[i];

		jsonw_open(w, NULL, '{');
		jsonw_text(w, "kind", object->kind);
		jsonw_hex(w, "address", object->address);
		jsonw_text(w, "name", object->name);
		if (object->owned)
			put_party(w, "owner", dump, &object->owner);
		else
			jsonw_null(w, "owner");
		jsonw_flag_if(w, "gone", object->gone);
		put_parties(w, "waiters", dump, object->waiters, object->nwaiters);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

void json_head(struct jsonw *w, const struct stk_dump *dump, bool lines)
{
	void (*const parts[])(struct jsonw *, const struct stk_dump *) = {
		put_facts,
		put_modules,
		put_reports,
		dump->nspans ? put_spans : NULL,
		dump->nverdicts ? put_verdicts : NULL,
		dump->nobjects ? put_objects : NULL,
	};
	size_t i;

	jsonw_uint(w, "version", JSON_VERSION);
	jsonw_text(w, "generator", "stk " STK_VERSION);
	jsonw_bool(w, "complete", dump->complete);
	w->new_line = lines;
	put_target(w, &dump->target);
	w->new_line = lines;
	put_cause(w, &dump->cause);
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!parts[i])
			continue;
		w->new_line = lines;
		parts[i](w, dump);
	}
}

void json_notes(struct jsonw *w, const struct stk_dump *dump)
{
	uint32_t i;

	jsonw_open(w, "notes", '[');
	for (i = 0; i < dump->nnotes; i++) {
		jsonw_open(w, NULL, '{');
		jsonw_text(w, "code", dump->notes[i].code);
		jsonw_text(w, "severity",
			   words_row(&words_severity, dump->notes[i].severity)->word);
		jsonw_text(w, "subject", dump->notes[i].subject);
		jsonw_text(w, "text", dump->notes[i].text);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

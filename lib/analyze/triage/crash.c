/* SPDX-License-Identifier: Apache-2.0 */
/* What of a dump tells its fault from others. */
#include "triage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../funcname.h"

static const struct stk_task *crashed_task(const struct stk_dump *dump)
{
	uint32_t i;

	for (i = 0; i < dump->ntasks; i++)
		if (dump->tasks[i].flags & STK_TASK_CRASHED)
			return &dump->tasks[i];
	/* A text tells what happened, and its first stack is where. */
	return dump->ntasks && dump->target.kind == STK_TARGET_TEXT &&
			       (*dump->cause.text || dump->nreports)
		       ? &dump->tasks[0]
		       : NULL;
}

static char *copy(struct arena *arena, const char *text)
{
	return arena_strn(arena, text, strlen(text));
}

/* "heap-use-after-free on address 0x...": what stands before numbers and particulars. */
static const char *first_words(struct arena *arena, const char *text)
{
	size_t size = 0, words = 0;

	if (!strncmp(text, "AddressSanitizer: ", 18))
		text += 18;
	for (; text[size] && text[size] != ':' && text[size] != '(' && words < 4; size++) {
		if (text[size] >= '0' && text[size] <= '9' && size && text[size - 1] == ' ')
			break;
		words += text[size] == ' ';
	}
	while (size && text[size - 1] == ' ')
		size--;
	return arena_strn(arena, text, size);
}

static bool says(const struct stk_dump *dump, const char *beginning)
{
	uint32_t i;

	for (i = 0; i < dump->cause.nstatements; i++)
		if (!strncmp(dump->cause.statements[i].text, beginning, strlen(beginning)))
			return true;
	return false;
}

/* The signal, of a memory fault with what the instruction did; without one the words of whoever told. */
static const char *fault_of(const struct stk_dump *dump, struct arena *arena)
{
	const struct stk_cause *cause = &dump->cause;
	const char *how = says(dump, "write of ")  ? " write"
			  : says(dump, "read of ") ? " read"
						   : "";
	char *text;

	if (cause->handled)
		return arena_strn(arena, cause->handled, strcspn(cause->handled, ":"));
	if (cause->signal && *cause->signal_name) {
		text = xasprintf("%s%s", cause->signal_name, how);
		how = copy(arena, text);
		free(text);
		return how;
	}
	if (*cause->text)
		return first_words(arena, cause->text);
	return dump->nreports && *dump->reports[0].title
		       ? first_words(arena, dump->reports[0].title)
		       : "crash";
}

/* ---- frames ---- */

static const char *module_name(const struct stk_dump *dump, const struct stk_loc *loc)
{
	return loc->module < dump->nmodules ? path_base(dump->modules[loc->module].path)
					    : "unknown";
}

static bool counts(const struct stk_dump *dump, const struct stk_frame *frame, const char *name)
{
	const struct stk_loc *loc = &dump->locs[frame->loc];
	unsigned noise = STK_FRAME_SIGNAL | STK_FRAME_RUNTIME | STK_FRAME_INTERPRETER;

	return !(frame->flags & noise) && !(loc->func && origin_says_nothing(name)) &&
	       !(loc->module < dump->nmodules &&
		 origin_file_says_nothing(dump->modules[loc->module].path));
}

static bool is_repeated(const struct stk_crash_frame *frames, uint32_t count, const char *name)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (frames[i].counts && !strcmp(frames[i].func, name))
			return true;
	return false;
}

/* Behind a handler of the program's own that raised the signal again, what was interrupted. */
static uint32_t first_frame(const struct stk_dump *dump, const struct stk_stack *stack)
{
	uint32_t i;

	for (i = 0; dump->cause.handled && i + 1 < stack->count; i++)
		if (dump->frames[stack->frames[i]].flags & STK_FRAME_SIGNAL)
			return i + 1;
	return 0;
}

static uint32_t add_frames(const struct stk_dump *dump, const struct stk_stack *stack,
			   struct arena *arena, struct stk_crash_frame *frames)
{
	uint32_t count = 0, i;

	for (i = first_frame(dump, stack); i < stack->count && count < TRIAGE_FRAMES; i++) {
		const struct stk_frame *frame = &dump->frames[stack->frames[i]];
		const struct stk_loc *loc = &dump->locs[frame->loc];
		FREE_AT_END char *normal = loc->func ? funcname_normal(loc->func) : NULL;
		const char *name = copy(arena, normal ? normal : module_name(dump, loc));
		bool counted = counts(dump, frame, name) && !is_repeated(frames, count, name);

		/* Of a recursion every round after the first is left out, so that what called it is in. */
		if (!counted && is_repeated(frames, count, name))
			continue;
		frames[count++] = (struct stk_crash_frame){
			name,
			loc->file ? copy(arena, loc->file) : NULL,
			loc->line,
			counted,
		};
	}
	return count;
}

/* ---- the id ---- */

/* FNV-1a: of names, not of hostile numbers; 48 bits of it are shown. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

/* The signature, and the kind of fault without what differs between builds: an optimizer may read where
 * another writes. */
static const char *id_of(const struct stk_crash *crash, struct arena *arena)
{
	uint64_t hash = hash_text(UINT64_C(0xcbf29ce484222325), crash->signature);
	char text[32];

	hash ^= hash >> 29;
	hash *= UINT64_C(0xbf58476d1ce4e5b9);
	hash ^= hash >> 32;
	snprintf(text, sizeof(text), "stk-%012llx", (unsigned long long)(hash >> 16));
	return copy(arena, text);
}

/* Texts have no signature of their own where they tell no cause: it is made as that of a core is. */
static const char *signature_of(const struct stk_crash *crash, struct arena *arena)
{
	enum { NAMES = 5 };
	struct out out;
	uint32_t i, names = 0;
	const char *text;

	out_init(&out, -1);
	out_str(&out, crash->fault);
	for (i = 0; i < crash->nframes && names < NAMES; i++) {
		if (!crash->frames[i].counts)
			continue;
		out_str(&out, names++ ? " | " : ": ");
		out_str(&out, crash->frames[i].func);
	}
	text = arena_strn(arena, out.buffer, out.used);
	out_deinit(&out);
	return names ? text : NULL;
}

static const char *build_id_of(const struct stk_dump *dump)
{
	uint32_t i;

	for (i = 0; i < dump->nmodules; i++)
		if (!strcmp(dump->modules[i].path, dump->target.executable) &&
		    *dump->modules[i].build_id)
			return dump->modules[i].build_id;
	return NULL;
}

struct stk_crash triage_crash(const struct stk_dump *dump, const char *path, struct arena *arena)
{
	const struct stk_task *task = crashed_task(dump);
	const struct stk_cause *cause = &dump->cause;
	struct stk_crash crash = { .path = path, .complete = dump->complete };
	struct stk_crash_frame *frames = arena_zalloc(arena, TRIAGE_FRAMES * sizeof(*frames));

	crash.executable = *dump->target.executable ? dump->target.executable : NULL;
	crash.build_id = build_id_of(dump);
	if (!task)
		return crash;
	crash.nframes = add_frames(dump, &dump->stacks[task->stack], arena, frames);
	crash.frames = frames;
	crash.fault = fault_of(dump, arena);
	crash.cause = *cause->text ? cause->text : crash.fault;
	crash.message = cause->message;
	crash.explanation = cause->nstatements ? cause->statements[0].text : NULL;
	crash.key = cause->address_signature;
	crash.signature = cause->signature ? cause->signature : signature_of(&crash, arena);
	if (!crash.signature)
		crash.signature = crash.cause;
	crash.id = id_of(&crash, arena);
	triage_severity(dump, &crash);
	return crash;
}

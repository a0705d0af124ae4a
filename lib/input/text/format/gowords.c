/* SPDX-License-Identifier: Apache-2.0 */
/* --exe and -a: the words that Go's runtime printed for a frame's arguments, with the types that
 * the program declares. */
#include "../text.h"

#include <stdlib.h>

/* The longest list that the runtime prints: ten values, five levels of braces. */
#define MAX_WORDS 192u

struct decoder {
	struct builder *b;
	struct symbols *const *files;
	size_t nfiles;
	struct intern seen; /* struct question */
	struct arena seen_keys;
	struct answer {
		const struct stk_value *values;
		uint32_t count;
	} * answers;
	size_t cap_answers;
};

/* Strings of the dump: equal ones are one. */
struct question {
	const char *func, *args;
};

/* ---- the text ---- */

static bool read_word(struct slice *s, struct printed_word *ret)
{
	*ret = (struct printed_word){ .kind = PRINTED_NUMBER };
	if (slice_skip(s, "{"))
		ret->kind = PRINTED_OPEN;
	else if (slice_skip(s, "}"))
		ret->kind = PRINTED_CLOSE;
	else if (slice_skip(s, "..."))
		ret->kind = PRINTED_MORE;
	else if (slice_skip(s, "_"))
		ret->kind = PRINTED_UNKNOWN;
	else if (slice_hex(s, &ret->value))
		ret->stale = slice_skip(s, "?");
	else
		return false;
	return true;
}

/* 0: they are none of Go's words, or there are none. */
static size_t read_words(const char *args, struct printed_word *ret)
{
	struct slice s = { args, strlen(args) };
	size_t count = 0;

	while (s.size) {
		if (count == MAX_WORDS || !read_word(&s, &ret[count++]))
			return 0;
		(void)slice_skip(&s, ", ");
	}
	return count;
}

/* ---- frames ---- */

static void keep(struct decoder *d, const struct stk_value *found, size_t count, struct answer *ret)
{
	struct stk_value *values = builder_alloc(d->b, count * sizeof(*values));
	size_t i;

	for (i = 0; i < count; i++) {
		values[i] = found[i];
		values[i].name = builder_str(d->b, found[i].name);
		values[i].type = builder_str(d->b, found[i].type);
		values[i].text = builder_str(d->b, found[i].text);
	}
	*ret = (struct answer){ values, (uint32_t)count };
}

static struct answer work_out(struct decoder *d, const struct question *q)
{
	struct printed_word words[MAX_WORDS];
	size_t count = read_words(q->args, words), found = 0, i;
	const struct stk_value *values = NULL;
	struct answer answer = { 0 };

	for (i = 0; count && i < d->nfiles && !found; i++)
		found = symbols_words(d->files[i], q->func, words, count, &values);
	if (found)
		keep(d, values, found, &answer);
	return answer;
}

static struct answer ask(struct decoder *d, const struct question *q)
{
	size_t known = d->seen.count;
	uint32_t id = intern_put(&d->seen, q, sizeof(*q));

	if (id == known) {
		d->answers = grow(d->answers, &d->cap_answers, known + 1, sizeof(*d->answers));
		d->answers[id] = work_out(d, q);
	}
	return d->answers[id];
}

static void decode_task(struct decoder *d, struct stk_task *task)
{
	const struct stk_stack *stack = builder_stack_at(d->b, task->stack);
	struct stk_detail *details = NULL;
	uint32_t i;

	for (i = 0; i < stack->count; i++) {
		const struct stk_frame *frame = builder_frame_at(d->b, stack->frames[i]);
		struct question q = { builder_loc_at(d->b, frame->loc)->func,
				      task->detail[i].args };
		struct answer answer = { 0 };

		if (q.func && q.args)
			answer = ask(d, &q);
		if (!answer.count)
			continue;
		if (!details) {
			details = builder_alloc(d->b, stack->count * sizeof(*details));
			memcpy(details, task->detail, stack->count * sizeof(*details));
			task->detail = details;
		}
		details[i].values = answer.values;
		details[i].nvalues = answer.count;
	}
}

void trace_arguments(struct builder *b, struct symbols *const *files, size_t nfiles)
{
	struct decoder d = { .b = b, .files = files, .nfiles = nfiles };
	uint32_t i;

	intern_init(&d.seen, &d.seen_keys);
	for (i = 0; i < builder_ntasks(b); i++) {
		struct stk_task *task = builder_task_at(b, i);

		if (task->kind == STK_GOROUTINE && task->detail)
			decode_task(&d, task);
	}
	intern_deinit(&d.seen);
	arena_deinit(&d.seen_keys);
	free(d.answers);
}

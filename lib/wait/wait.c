/* SPDX-License-Identifier: Apache-2.0 */
#include "row.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In this order: where two fit equally well, both are said. */
static const struct wait_row *const tables[] = { wait_glibc, wait_musl, wait_languages };

#define MAX_CANDIDATES 4u

/* A kind that it may be. */
struct candidate {
	const struct wait_row *row;
	enum fit fit;
	struct found found;
};

/* ---- what rows ask ---- */

uint32_t wait_u32(const struct turn *t, uint64_t addr, uint32_t otherwise)
{
	uint32_t value;

	return image_u32(t->image, addr, &value) ? value : otherwise;
}

const struct image_thread *wait_thread(const struct turn *t, uint32_t tid)
{
	uint64_t index;

	return tid && map_get(&t->w->by_tid, tid, &index) ? &t->w->threads[index - 1] : NULL;
}

/* i386 has the thread pointer in a segment, which is not in every core. The record itself has the
 * thread's id. */
static const struct image_thread *thread_by_record(const struct turn *t, uint64_t record)
{
	unsigned char bytes[256];
	uint64_t index;
	size_t at;

	if (!image_get(t->image, record, bytes, sizeof(bytes)))
		return NULL;
	for (at = 0; at < sizeof(bytes); at += 4)
		if (map_get(&t->w->by_tid, image_number(t->image, bytes + at, 4), &index))
			return &t->w->threads[index - 1];
	return NULL;
}

/* A pthread_t is the thread pointer itself, or (aarch64) what is right before it. */
const struct image_thread *wait_pthread(const struct turn *t, uint64_t pthread)
{
	enum { MOST_BEFORE = 4096 };
	const struct image_thread *best = NULL;
	uint32_t i;

	for (i = 0; i < t->w->nthreads; i++) {
		const struct image_thread *thread = &t->w->threads[i];

		if (thread->tls == pthread)
			return thread;
		if (thread->tls > pthread && thread->tls - pthread < MOST_BEFORE &&
		    !strcmp(t->w->arch->name, "aarch64") && (!best || thread->tls < best->tls))
			best = thread;
	}
	return t->thread->tls ? best : thread_by_record(t, pthread);
}

bool wait_set_owner(const struct turn *t, uint32_t tid, struct found *ret)
{
	const struct image_thread *thread = wait_thread(t, tid);

	if (!tid)
		return false;
	ret->owner = thread ? thread->tid : tid;
	ret->gone = !thread;
	return true;
}

bool wait_is_data(const struct turn *t, uint64_t addr)
{
	const struct image_range *range = image_range_at(t->image, addr);

	return range && range->writable;
}

/* ---- names ---- */

/* One name of a list: how the function's begins, where it ends with '_' or ':'; what is in it,
 * behind '*'; else the whole of it, but for what compilers put behind (".constprop.0") and digits
 * ("64"). */
static bool is_named(const char *name, const char *word, size_t size)
{
	char text[96];

	if (*word == '*') {
		snprintf(text, sizeof(text), "%.*s", (int)size - 1, word + 1);
		return strstr(name, text);
	}
	if (strncmp(name, word, size) != 0)
		return false;
	return word[size - 1] == '_' || word[size - 1] == ':' || !name[size] ||
	       (name[size] >= '0' && name[size] <= '9') || name[size] == '.' || name[size] == '@';
}

/* own: the function is not of the C library, whose names it may have all the same. */
static bool is_called(const struct wait_row *row, const char *name, bool own)
{
	const char *list = row->functions;
	size_t size;

	for (; list && *list; list += size + (list[size] == ' ')) {
		size = strcspn(list, " ");
		if ((!own || *list == '*') && is_named(name, list, size))
			return true;
	}
	return false;
}

/* The names of a stack's newest frames, up to what a signal interrupted. Where the newest one is in the C
 * library, others are not; in a static program that cannot be told. */
static void read_names(struct turn *t, uint32_t index)
{
	const struct builder *b = t->w->b;
	const struct stk_stack *stack = builder_stack_at(b, index);
	bool apart = false;
	uint32_t i;

	for (i = 0; i < stack->count && t->nnames < WAIT_NAMES; i++) {
		const struct stk_frame *frame = builder_frame_at(b, stack->frames[i]);
		const char *func = builder_loc_at(b, frame->loc)->func;

		if (frame->flags & STK_FRAME_SIGNAL)
			break;
		if (!i)
			apart = frame->flags & STK_FRAME_PLUMBING;
		t->own[t->nnames] = apart && !(frame->flags & STK_FRAME_PLUMBING);
		t->names[t->nnames++] = func ? func + strspn(func, "_") : NULL;
	}
}

/* ---- which kind ---- */

static bool try_row(struct turn *t, const struct wait_row *row, struct candidate *ret)
{
	*ret = (struct candidate){ .row = row,
				   .found = { .outside = t->shared, .timed = t->timed } };
	ret->fit = row->fits(t, &ret->found);
	ret->found.timed = t->timed;
	ret->found.stale = t->has_now && ((t->now ^ t->value) & ~ret->found.ignored) &&
			   t->op != FUTEX_OP_LOCK_PI && t->op != FUTEX_OP_LOCK_PI2;
	return ret->fit != FIT_NONE;
}

/* Of the rows that name this function the one that memory fits best; the first one when it fits none. */
static bool best_named(struct turn *t, unsigned n, struct candidate *ret)
{
	bool any = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct wait_row *row;

		for (row = tables[i]; row->kind; row++) {
			struct candidate candidate;

			if (!is_called(row, t->names[n], t->own[n]))
				continue;
			(void)try_row(t, row, &candidate);
			if (!any || candidate.fit > ret->fit)
				*ret = candidate;
			any = true;
		}
	}
	return any;
}

/* The nearest function that any row knows decides. */
static bool by_name(struct turn *t, struct candidate *ret)
{
	unsigned i;

	for (i = 0; i < t->nnames; i++)
		if (t->names[i] && best_named(t, i, ret))
			return true;
	return false;
}

/* Those that memory fits best, at most MAX_CANDIDATES; how many. "Fits loosely" says nothing, but of
 * musl, where each kind has values of its own. */
static unsigned by_memory(struct turn *t, struct candidate *ret)
{
	enum fit best = FIT_NONE;
	unsigned count = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		enum fit least = tables[i] == wait_musl ? FIT_LOOSE : FIT_WELL;
		const struct wait_row *row;

		if (tables[i] == (t->w->musl ? wait_glibc : wait_musl))
			continue;

		for (row = tables[i]; row->kind; row++) {
			struct candidate candidate;

			if (!try_row(t, row, &candidate) || candidate.fit < least ||
			    candidate.fit < best)
				continue;
			if (candidate.fit > best)
				count = 0;
			best = candidate.fit;
			if (count < MAX_CANDIDATES)
				ret[count++] = candidate;
		}
	}
	return count;
}

/* ---- in words ---- */

/* "cache_lock", "cache+0x18"; NULL when no symbol covers it. */
static const char *object_name(const struct waits *w, uint64_t addr)
{
	const char *name;
	uint64_t offset;

	if (!addr || !w->symbols)
		return NULL;
	name = symbols_name(w->symbols, addr, &offset);
	if (!name || !offset)
		return name;
	return builder_fmt(w->b, "%s+0x%" PRIx64, name, offset);
}

static bool starts_with(const char *text, const char *start)
{
	return text && !strncmp(text, start, strlen(start));
}

/* The loader's own locks are mutexes of the C library in its own data. */
static const char *kind_of(const struct candidate *c, const char *object)
{
	if (!strcmp(c->row->kind, "mutex") &&
	    (starts_with(object, "_rtld_global") || starts_with(object, "_rtld_local") ||
	     starts_with(object, "_dl_load_")))
		return "loader lock";
	return c->row->kind;
}

static void put_owner(struct out *out, const struct found *found, const char *kind)
{
	bool join = !strcmp(kind, "join");

	if (join && found->owner)
		out_fmt(out, " of thread %u", found->owner);
	else if (found->owner)
		out_fmt(out, ", held %s%sby thread %u%s", found->text, *found->text ? " " : "",
			found->owner, found->gone ? ", which this process does not have" : "");
	else if (*found->text)
		out_fmt(out, ", %s", found->text);
}

static const char *noun_of(const char *kind)
{
	static const struct {
		const char *kind, *noun;
	} nouns[] = {
		{ "join", "the end" },
		{ "once", "an initialisation that another thread does" },
		{ "rwlock read", "rwlock (to read)" },
		{ "rwlock write", "rwlock (to write)" },
		{ "static guard", "the initialisation of a static variable" },
		{ "park", "unpark()" },
		{ "futex", "a futex of unknown kind" },
		{ "scheduler", "work, in its scheduler," },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nouns); i++)
		if (!strcmp(nouns[i].kind, kind))
			return nouns[i].noun;
	return kind;
}

static const char *lock_text(struct waits *w, const struct found *found, const char *kind,
			     const char *object, enum stk_certainty certainty)
{
	struct out out;
	const char *text;

	out_init(&out, -1);
	out_str(&out, noun_of(kind));
	if (found->object) {
		out_char(&out, ' ');
		out_hex(&out, found->object, 1);
	}
	if (object)
		out_fmt(&out, " (%s)", object);
	put_owner(&out, found, kind);
	if (found->related)
		out_fmt(&out, " with mutex 0x%" PRIx64, found->related);
	if (found->timed)
		out_str(&out, ", for a limited time");
	if (found->stale)
		out_str(&out, ", about to go on");
	if (certainty != STK_CERTAIN)
		out_str(&out, certainty == STK_LIKELY ? " (likely)" : " (possibly)");
	out_char(&out, '\0');
	text = builder_str(w->b, out.buffer);
	out_deinit(&out);
	return text;
}

static const char *call_text(struct waits *w, const struct found *found, const char *kind)
{
	if (!strcmp(kind, "child"))
		return builder_fmt(w->b, "%s %s", *found->text ? "child" : "a child", found->text);
	if (!strcmp(kind, "signal"))
		return builder_str(w->b, "a signal");
	return builder_fmt(w->b, "%s%s%s", kind, *found->text ? " " : "", found->text);
}

static struct stk_wait *new_wait(struct waits *w, const struct found *found, const char *kind)
{
	struct stk_wait *wait = builder_alloc(w->b, sizeof(*wait));

	wait->kind = builder_str(w->b, kind);
	wait->address = found->object;
	wait->basis = builder_str(w->b, found->facts);
	wait->related = found->related;
	wait->owner = found->owner;
	wait->flags = (found->outside ? STK_WAIT_OUTSIDE : 0) |
		      (found->timed ? STK_WAIT_TIMED : 0) |
		      (found->gone ? STK_WAIT_OWNER_GONE : 0) |
		      (found->stale ? STK_WAIT_ENDING : 0);
	return wait;
}

static void set_lock(struct waits *w, const struct candidate *c, enum stk_certainty certainty,
		     struct stk_wait *ret)
{
	const char *object = object_name(w, c->found.object), *kind = kind_of(c, object);
	struct stk_wait *wait = new_wait(w, &c->found, kind);

	wait->object = object;
	wait->certainty = certainty;
	wait->text = lock_text(w, &c->found, kind, object, certainty);
	*ret = *wait;
}

/* A name alone is likely: it may be a wrapper's, or that of the nearest function that is exported. */
static enum stk_certainty certainty_of(const struct candidate *c, bool named)
{
	if (c->fit == FIT_PROVEN || (named && c->fit != FIT_NONE))
		return STK_CERTAIN;
	return named || c->fit == FIT_WELL ? STK_LIKELY : STK_POSSIBLE;
}

/* Nothing fits: that is said, and nothing guessed. */
static uint32_t describe_unknown(struct turn *t, struct stk_wait *ret)
{
	static const struct wait_row unknown = { "futex", NULL, NULL };
	struct candidate c = {
		.row = &unknown,
		.found = { .object = t->word, .timed = t->timed, .outside = t->shared }
	};

	snprintf(c.found.facts, sizeof(c.found.facts), "futex word 0x%x", t->value);
	set_lock(t->w, &c, STK_CERTAIN, ret);
	return 1;
}

static uint32_t describe_futex(struct turn *t, struct stk_wait *ret)
{
	struct candidate candidates[MAX_CANDIDATES];
	bool named = by_name(t, candidates);
	unsigned count = named ? 1 : by_memory(t, candidates), i;

	if (!count)
		return describe_unknown(t, ret);
	for (i = 0; i < count; i++)
		set_lock(t->w, &candidates[i],
			 count > 1 ? STK_POSSIBLE : certainty_of(&candidates[i], named), &ret[i]);
	return count;
}

/* ---- a thread's turn ---- */

static bool take_turn(struct waits *w, const struct image_thread *thread, struct turn *ret)
{
	*ret = (struct turn){ .w = w, .image = w->image, .thread = thread };
	if (!thread->has_regs || thread->unverified ||
	    !image_syscall(w->image, thread, &ret->number, ret->args))
		return false;
	wait_see_through_restart(ret);
	return true;
}

bool waits_describe(struct waits *w, struct symbols *symbols, const struct image_thread *thread,
		    uint32_t stack, struct stk_more *more)
{
	struct stk_wait waits[MAX_CANDIDATES], *own;
	struct found found = { 0 };
	const char *kind;
	struct turn t;
	uint32_t count = 1;

	if (!take_turn(w, thread, &t))
		return false;
	w->symbols = symbols;
	read_names(&t, stack);
	if (wait_is_futex(&t)) {
		count = describe_futex(&t, waits);
	} else if (wait_call(&t, &found, &kind)) {
		own = new_wait(w, &found, kind);
		own->text = call_text(w, &found, kind);
		waits[0] = *own;
	} else {
		return false;
	}
	more->waits = builder_array(w->b, waits, count, sizeof(*waits));
	more->nwaits = count;
	return true;
}

/* Both C libraries have the address of the thread's own record in its first word. glibc has it in the third
 * once more (tcbhead_t.self), musl has there the thread before it. */
static bool is_musl(struct waits *w)
{
	unsigned word = w->arch->word;
	uint64_t tls, self, third;
	uint32_t i;

	for (i = 0; i < w->nthreads; i++) {
		tls = w->threads[i].tls;
		if (tls && image_word(w->image, tls, &self) && self == tls &&
		    image_word(w->image, tls + 2 * word, &third) && third && third != tls)
			return true;
	}
	return false;
}

void waits_read(struct waits *w)
{
	struct candidate candidates[MAX_CANDIDATES];
	struct found found = { 0 };
	const char *kind;
	struct turn t;
	uint32_t i;

	w->threads = image_threads(w->image, &w->nthreads);
	for (i = 0; i < w->nthreads; i++)
		map_put(&w->by_tid, w->threads[i].tid, i + 1);
	w->musl = is_musl(w);
	for (i = 0; i < w->nthreads; i++) {
		if (!take_turn(w, &w->threads[i], &t))
			continue;
		if (wait_is_futex(&t))
			(void)by_memory(&t, candidates);
		else
			(void)wait_call(&t, &found, &kind);
	}
}

struct waits *waits_open(struct image *image, struct builder *b)
{
	struct waits *w = xcalloc(1, sizeof(*w));

	w->image = image;
	w->b = b;
	w->arch = image_arch(image);
	return w;
}

void waits_close(struct waits *w)
{
	if (!w)
		return;
	map_deinit(&w->by_tid);
	free(w);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Text traces: a line of another writer, which can come between any two of a trace, costs no frame. */
#include "trace_words.h"

static const char *const others[] = {
	"2024-05-06 12:34:56 INFO served GET /healthz in 3 ms",
	"",
	"warning: could not read something",
};

static unsigned lost;

/* Of these, positions are known at which a line of others still counts as a stack of its own, or ends one:
 * a file of nothing else (folded), lines that say whose the next stack is, and boxes of Rust. They are
 * counted, so that there can be no more. */
static const struct {
	const char *format;
	unsigned most;
} known[] = {
	{ "clickhouse", 3 }, { "dlv", 27 },      { "erlang", 2 },  { "faulthandler", 3 },
	{ "folded", 23 },    { "go", 4 },        { "hs_err", 18 }, { "javascript", 6 },
	{ "jstack", 21 },    { "libunwind", 5 }, { "mixed", 10 },  { "perf", 18 },
	{ "php", 18 },       { "python", 3 },    { "redis", 3 },   { "ruby", 3 },
	{ "rust", 50 },      { "strace", 4 },    { "swift", 2 },
};

static bool is_known(const char *path)
{
	static unsigned counts[COUNT(known)];
	char key[64];
	size_t i;

	for (i = 0; i < COUNT(known); i++) {
		snprintf(key, sizeof(key), "/text/%s/", known[i].format);
		if (strstr(path, key))
			return counts[i]++ < known[i].most;
	}
	return false;
}

/* ---- the frames of a dump, by what tells them apart ---- */

struct frames {
	char **names;
	size_t count, cap;
};

static void add_name(struct frames *frames, const struct stk_dump *dump, uint32_t id)
{
	const struct stk_frame *frame = &dump->frames[id];
	const struct stk_loc *loc = &dump->locs[frame->loc];

	frames->names = grow(frames->names, &frames->cap, frames->count + 1, sizeof(char *));
	frames->names[frames->count++] =
		loc->func ? xstrdup(loc->func) : xasprintf("0x%llx", (unsigned long long)frame->pc);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct frames frames_of(const struct stk_dump *dump)
{
	struct frames frames = { NULL, 0, 0 };
	uint32_t i, j;

	for (i = 0; i < dump->ntasks; i++) {
		const struct stk_stack *stack = &dump->stacks[dump->tasks[i].stack];

		for (j = 0; j < stack->count; j++)
			add_name(&frames, dump, stack->frames[j]);
	}
	if (frames.count)
		qsort(frames.names, frames.count, sizeof(char *), compare_names);
	return frames;
}

static void drop_frames(struct frames *frames)
{
	size_t i;

	for (i = 0; i < frames->count; i++)
		free(frames->names[i]);
	free(frames->names);
}

/* The first that is in `all` more often than in `some`; NULL: there is none. */
static const char *missing(const struct frames *all, const struct frames *some)
{
	size_t i = 0, j = 0;
	int order;

	while (i < all->count) {
		order = j < some->count ? strcmp(all->names[i], some->names[j]) : -1;
		if (order < 0)
			return all->names[i];
		i += order == 0;
		j++;
	}
	return NULL;
}

static bool says_so(const struct stk_dump *dump)
{
	return !dump->complete;
}

/* ---- the matrix ---- */

static char *with_line(const char *bytes, size_t size, size_t at, const char *line, size_t *ret)
{
	size_t length = strlen(line);
	char *text = xmalloc(size + length + 1); /* the caller frees it */

	memcpy(text, bytes, at);
	memcpy(text + at, line, length);
	text[at + length] = '\n';
	memcpy(text + at + length + 1, bytes + at, size - at);
	*ret = size + length + 1;
	return text;
}

static void try_line(const char *path, const char *bytes, size_t size, size_t at, unsigned line,
		     const struct stk_dump *whole, const struct frames *want)
{
	size_t i, length;

	for (i = 0; i < COUNT(others); i++) {
		char *text = with_line(bytes, size, at, others[i], &length);
		struct stk_dump *dump = read_bytes(text, length, 0);
		struct frames got = frames_of(dump);
		const char *gone = missing(want, &got);

		if ((gone || dump->ntasks != whole->ntasks) && !says_so(dump) && !is_known(path)) {
			lost++;
			printf("# %s:%u: \"%s\": %s is lost, %u stacks, not %u\n", path, line,
			       others[i], gone ? gone : "nothing", dump->ntasks, whole->ntasks);
		}
		drop_frames(&got);
		stk_free(dump);
		free(text);
	}
}

static size_t line_size(const char *bytes, size_t size)
{
	size_t at;

	for (at = 0; at < size; at++)
		if (bytes[at] == '\n')
			return at + 1;
	return size;
}

static void every_position(const char *path, const char *bytes, size_t size)
{
	struct stk_dump *whole = read_bytes(bytes, size, 0);
	struct frames want = frames_of(whole);
	unsigned line = 1;
	size_t at;

	for (at = 0; at < size; at += line_size(bytes + at, size - at))
		try_line(path, bytes, size, at, line++, whole, &want);
	drop_frames(&want);
	stk_free(whole);
}

static void no_line_of_others_costs_a_frame(void **state)
{
	(void)state;
	lost = 0;
	each_sample(every_position);
	assert_int_equal(lost, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_line_of_others_costs_a_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

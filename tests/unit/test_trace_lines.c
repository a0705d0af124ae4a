/* SPDX-License-Identifier: Apache-2.0 */
/* Text traces: no line of the input gets lost. What belongs to no trace is passed through or noted,
 * wherever it stands; and a line that goes missing takes no other with it. */
#include "trace_words.h"

#define KEEP (STK_WANT_DETAIL | STK_WANT_TEXT | STK_WANT_SOURCE)

static unsigned wrong;

static void complain(const char *path, unsigned line, const char *what, const char *text,
		     size_t size)
{
	if (wrong++ < 400)
		printf("# %s:%u: %s: %.*s\n", path, line, what, (int)size, text);
}

/* ---- lines ---- */

struct line {
	const char *at;
	size_t size; /* with its end */
};

static size_t split(const char *bytes, size_t size, struct line **ret)
{
	const char *end = bytes + size, *stop;
	struct line *lines = NULL;
	size_t count = 0, cap = 0;

	for (; bytes < end; bytes = stop) {
		stop = memchr(bytes, '\n', (size_t)(end - bytes));
		stop = stop ? stop + 1 : end;
		lines = grow(lines, &cap, count + 1, sizeof(*lines));
		lines[count++] = (struct line){ bytes, (size_t)(stop - bytes) };
	}
	*ret = lines;
	return count;
}

/* The text with `extra` before line `at` (SIZE_MAX: nowhere). */
static char *assemble(const struct line *lines, size_t count, size_t at, const char *extra,
		      size_t *ret)
{
	char *text;
	size_t i;
	FILE *f = open_memstream(&text, ret);

	for (i = 0; i < count; i++) {
		if (i == at)
			fprintf(f, "%s\n", extra);
		fwrite(lines[i].at, 1, lines[i].size, f);
	}
	fclose(f);
	return text;
}

static char *words_of(const char *text, size_t size)
{
	struct stk_dump *dump = read_bytes(text, size, KEEP);
	char *words = describe(dump, LINES | TITLES | REST);

	stk_free(dump);
	return words;
}

/* ---- a line more ---- */

static const char *const strangers[] = {
	"12:34:56 app: zqxj has been served",
	"zqxj",
	"    zqxj = 7",
	"zqxj: it works",
};

static void insert(const char *path, const char *bytes, size_t size)
{
	struct line *lines;
	size_t count = split(bytes, size, &lines), at, i, length;

	for (at = 0; at < count; at++)
		for (i = 0; i < COUNT(strangers); i++) {
			char *text = assemble(lines, count, at, strangers[i], &length);
			char *words = words_of(text, length);

			if (!strstr(words, "zqxj"))
				complain(path, (unsigned)at + 1, "lost", strangers[i],
					 strlen(strangers[i]));
			free(words);
			free(text);
		}
	free(lines);
}

static void a_line_of_others_within_a_trace_is_kept(void **state)
{
	(void)state;
	wrong = 0;
	each_sample(insert);
	assert_int_equal(wrong, 0);
}

/* ---- a line less ---- */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* The longest word of a line: what tells it from others. */
static struct line word_of(struct line line)
{
	struct line best = { line.at, 0 };
	size_t at = 0, start;

	while (at < line.size) {
		for (start = at; at < line.size && is_word(line.at[at]); at++)
			;
		if (at - start > best.size && !(line.at[start] >= '0' && line.at[start] <= '9'))
			best = (struct line){ line.at + start, at - start };
		at += at == start;
	}
	return best;
}

/* How often `word` stands in the text, as one. */
static unsigned occurrences(const char *text, size_t size, struct line word)
{
	const char *end = text + size, *at = text;
	unsigned count = 0;

	while ((at = memmem(at, (size_t)(end - at), word.at, word.size))) {
		count += (at == text || !is_word(at[-1])) &&
			 (at + word.size == end || !is_word(at[word.size]));
		at += word.size;
	}
	return count;
}

static unsigned lines_with(const struct line *lines, size_t count, struct line word)
{
	unsigned found = 0;
	size_t i;

	for (i = 0; i < count; i++)
		found += occurrences(lines[i].at, lines[i].size, word) > 0;
	return found;
}

static bool noted(const char *words)
{
	return strstr(words, "note text-") != NULL;
}

/* A text, and what its dump says. */
struct known {
	const char *path;
	struct line *lines;
	struct line *marks; /* what tells each line from others; size 0: nothing that the dump has */
	unsigned *times;    /* in how many lines that stands */
	size_t count;
};

static void learn(struct known *known, const char *bytes, size_t size)
{
	char *words = words_of(bytes, size);
	size_t i;

	known->count = split(bytes, size, &known->lines);
	known->marks = xcalloc(known->count + 1, sizeof(*known->marks));
	known->times = xcalloc(known->count + 1, sizeof(*known->times));
	for (i = 0; i < known->count; i++) {
		struct line word = word_of(known->lines[i]);

		known->times[i] = word.size ? lines_with(known->lines, known->count, word) : 0;
		/* "panic(...)" of Go is shown as runtime.gopanic */
		if (word.size == 5 && !memcmp(word.at, "panic", 5))
			continue;
		if (word.size >= 3 && occurrences(words, strlen(words), word) >= known->times[i])
			known->marks[i] = word;
	}
	free(words);
}

/* Of each line that the whole text's dump knows, the dump of those that are kept does, or it says
 * that it does not. */
static void check_rest(const struct known *whole, const bool *kept, const char *what)
{
	struct line *lines = xcalloc(whole->count + 1, sizeof(*lines));
	size_t length, i, n = 0;
	char *text, *words;

	for (i = 0; i < whole->count; i++)
		if (kept[i])
			lines[n++] = whole->lines[i];
	text = assemble(lines, n, SIZE_MAX, NULL, &length);
	words = words_of(text, length);
	for (i = 0; i < whole->count && !noted(words); i++) {
		struct line mark = whole->marks[i];

		/* a word of a line that is gone cannot be told from that of another */
		if (!kept[i] || !mark.size ||
		    occurrences(words, strlen(words), mark) >= whole->times[i] ||
		    lines_with(lines, n, mark) < whole->times[i])
			continue;
		complain(whole->path, (unsigned)i + 1, what, whole->lines[i].at,
			 whole->lines[i].size - 1);
	}
	free(words);
	free(text);
	free(lines);
}

static void each_known(const char *path, const char *bytes, size_t size,
		       void (*test)(const struct known *whole, bool *kept))
{
	struct known whole = { .path = path };
	bool *kept;

	learn(&whole, bytes, size);
	kept = xcalloc(whole.count + 1, sizeof(*kept));
	test(&whole, kept);
	free(kept);
	free(whole.lines);
	free(whole.marks);
	free(whole.times);
}

static void without_one(const struct known *whole, bool *kept)
{
	size_t gone, i;
	char what[64];

	for (gone = 0; gone < whole->count; gone++) {
		for (i = 0; i < whole->count; i++)
			kept[i] = i != gone;
		snprintf(what, sizeof(what), "is lost without line %zu", gone + 1);
		check_rest(whole, kept, what);
	}
}

static void delete_one(const char *path, const char *bytes, size_t size)
{
	each_known(path, bytes, size, without_one);
}

static void a_line_that_goes_missing_takes_no_other_with_it(void **state)
{
	(void)state;
	wrong = 0;
	each_sample(delete_one);
	assert_int_equal(wrong, 0);
}

/* Always the same ones, from one run to the next. */
static void without_some(const struct known *whole, bool *kept)
{
	uint64_t random = 88172645463325252ull;
	unsigned round;
	size_t i;
	char what[64];

	for (round = 0; round < 60; round++) {
		for (i = 0; i < whole->count; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			kept[i] = random % 100 >= 5 + round;
		}
		snprintf(what, sizeof(what), "is lost in round %u", round);
		check_rest(whole, kept, what);
	}
}

static void delete_some(const char *path, const char *bytes, size_t size)
{
	each_known(path, bytes, size, without_some);
}

static void lines_that_go_missing_take_no_others_with_them(void **state)
{
	(void)state;
	wrong = 0;
	each_sample(delete_some);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_others_within_a_trace_is_kept),
		cmocka_unit_test(a_line_that_goes_missing_takes_no_other_with_it),
		cmocka_unit_test(lines_that_go_missing_take_no_others_with_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Text traces: no line of the input gets lost. What belongs to no trace is passed through or noted,
 * wherever it stands; and a line that goes missing takes no other with it. */
#include "trace_words.h"

#define KEEP (STK_WANT_DETAIL | STK_WANT_TEXT | STK_WANT_SOURCE)

static unsigned wrong;

static void complain(const char *path, unsigned line, const char *what, const char *text, size_t size)
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

/* The text with `extra` before line `at`, and without line `without` (SIZE_MAX: neither). */
static char *assemble(const struct line *lines, size_t count, size_t at, const char *extra,
		      size_t without, size_t *ret)
{
	char *text;
	size_t i;
	FILE *f = open_memstream(&text, ret);

	for (i = 0; i < count; i++) {
		if (i == at)
			fprintf(f, "%s\n", extra);
		if (i != without)
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
			char *text = assemble(lines, count, at, strangers[i], SIZE_MAX, &length);
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
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
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

static unsigned lines_with(const struct line *lines, size_t count, struct line word, size_t without)
{
	unsigned found = 0;
	size_t i;

	for (i = 0; i < count; i++)
		found += i != without && occurrences(lines[i].at, lines[i].size, word) > 0;
	return found;
}

static bool noted(const char *words)
{
	return strstr(words, "note text-") != NULL;
}

/* Of each line that the whole text's dump knows, the dump of the shortened text does. */
static void check_without(const char *path, const struct line *lines, size_t count, size_t without,
			  const char *whole)
{
	size_t length, i;
	char *text = assemble(lines, count, SIZE_MAX, NULL, without, &length);
	char *words = words_of(text, length);

	for (i = 0; i < count && !noted(words); i++) {
		struct line word = word_of(lines[i]);

		if (i == without || word.size < 3 ||
		    occurrences(lines[without].at, lines[without].size, word) ||
		    occurrences(whole, strlen(whole), word) < lines_with(lines, count, word, SIZE_MAX) ||
		    occurrences(words, strlen(words), word) >= lines_with(lines, count, word, without))
			continue;
		complain(path, (unsigned)without + 1, "takes another with it", lines[i].at,
			 lines[i].size - 1);
	}
	free(words);
	free(text);
}

static void delete(const char *path, const char *bytes, size_t size)
{
	char *whole = words_of(bytes, size);
	struct line *lines;
	size_t count = split(bytes, size, &lines), without;

	for (without = 0; without < count; without++)
		check_without(path, lines, count, without, whole);
	free(lines);
	free(whole);
}

static void a_line_that_goes_missing_takes_no_other_with_it(void **state)
{
	(void)state;
	wrong = 0;
	each_sample(delete);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_others_within_a_trace_is_kept),
		cmocka_unit_test(a_line_that_goes_missing_takes_no_other_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

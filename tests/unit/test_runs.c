/* SPDX-License-Identifier: Apache-2.0 */
/* stk_stack_runs(): recursion is found, and nothing but recursion. */
#include "test.h"

#include <time.h>

#include "base/base.h"

/* Letters are frames; the runs as text: "at:period*times ...". '|' is a gap in the stack. */
static char *runs_of(const char *letters)
{
	size_t length = strlen(letters), nruns, i;
	uint32_t *frames = xmalloc((length + 1) * sizeof(*frames));
	struct stk_stack stack = { .frames = frames };
	struct stk_run *runs = NULL;
	struct out out;

	for (i = 0; i < length; i++) {
		if (letters[i] == '|') {
			stack.elided = 7;
			stack.elided_at = stack.count;
			continue;
		}
		frames[stack.count++] = (unsigned char)letters[i];
	}
	nruns = stk_stack_runs(NULL, &stack, &runs);
	out_init(&out, -1);
	for (i = 0; i < nruns; i++)
		out_fmt(&out, "%s%u:%u*%u", i ? " " : "", runs[i].at, runs[i].period,
			runs[i].times);
	out_char(&out, '\0');
	free(runs);
	free(frames);
	return out.buffer;
}

static void recursion_is_found(void **state)
{
	static const struct {
		const char *letters, *runs;
	} cases[] = {
		{ "", "" },
		{ "a", "" },
		{ "abc", "" },
		{ "aa", "" }, /* two are written out */
		{ "aaa", "0:1*3" },
		{ "xaaaay", "1:1*4" },
		{ "xababaty", "" },
		{ "xabababty", "1:2*3" }, /* mutual */
		{ "xabababay", "1:2*3" }, /* the rest of a round stands by itself */
		{ "mabcabcabcabcz", "1:3*4" },
		{ "aaabbb", "0:1*3 3:1*3" },     /* two, side by side */
		{ "aabaabaabaabx", "0:3*4" },    /* a round that has a pair in it */
		{ "aaabaaabaaabaaab", "0:4*4" }, /* ... and one that has a run in it */
		{ "xaaabaaabaaabaaaby", "1:4*4" },
		{ "aaaa|aaaa", "0:1*4 4:1*4" }, /* what was left out is not known */
		{ "aa|aa", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char *runs = runs_of(cases[i].letters);

		if (strcmp(runs, cases[i].runs))
			fail_msg("%s: '%s', not '%s'", cases[i].letters, runs, cases[i].runs);
		free(runs);
	}
}

/* Everything the contract says of the runs of a stack; how many frames they leave to print. */
static uint32_t check_runs(const struct stk_stack *stack)
{
	struct stk_run *runs = NULL;
	size_t nruns = stk_stack_runs(NULL, stack, &runs), i;
	uint32_t end = 0, printed = stack->count, j;

	for (i = 0; i < nruns; i++) {
		const struct stk_run *run = &runs[i];
		uint64_t to = run->at + (uint64_t)run->period * run->times;

		assert_true(run->period >= 1 && run->times >= 2);
		assert_true(run->at >= end && to <= stack->count);
		if (stack->elided)
			assert_true(to <= stack->elided_at || run->at >= stack->elided_at);
		for (j = run->at + run->period; j < to; j++)
			assert_int_equal(stack->frames[j], stack->frames[j - run->period]);
		end = (uint32_t)to;
		printed -= run->period * (run->times - 1);
	}
	free(runs);
	return printed;
}

static void runs_expand_to_the_stack(void **state)
{
	uint32_t frames[400], seed = 1, round, i;

	(void)state;
	for (round = 0; round < 20000; round++) {
		struct stk_stack stack = { .frames = frames };
		uint32_t letters = 1 + round % 4, copy = 1 + round % 70;

		stack.count = round % ARRAY_SIZE(frames);
		for (i = 0; i < stack.count; i++) {
			seed = seed * 1664525 + 1013904223;
			/* Mostly the frame one period before, so that there is much to find. */
			frames[i] = i >= copy && seed >> 27 ? frames[i - copy]
							    : seed >> 16 & letters;
		}
		if (round % 3 == 0) {
			stack.elided = 5;
			stack.elided_at = seed % (stack.count + 1);
		}
		check_runs(&stack);
	}
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The frames of round `i` of each kind: deep recursion of several sorts, and stacks made to
 * keep a searcher busy. */
static uint32_t deep_frame(unsigned kind, uint32_t i)
{
	switch (kind) {
	/* clang-format off */
	case 0: return 5;                                 /* f f f ... */
	case 1: return i % 2;                             /* f g f g */
	case 2: return i % 64;                            /* the longest period */
	case 3: return i % 65;                            /* one too long */
	case 4: return i % 64 == 63 ? i : 1;              /* almost f f f */
	case 5: return (uint32_t)__builtin_popcount(i) & 1; /* Thue-Morse: no cube anywhere */
	case 6: return i % 4 == 3 ? i : 1;                /* f f f x f f f y */
	default: return i;                                /* no recursion */
		/* clang-format on */
	}
}

static void deep_stacks_take_linear_time(void **state)
{
	enum { COUNT = 174000 };
	uint32_t *frames = xmalloc(COUNT * sizeof(*frames)), i;
	struct stk_stack stack = { .frames = frames, .count = COUNT };
	unsigned kind;

	(void)state;
	for (kind = 0; kind < 8; kind++) {
		double start;
		uint32_t printed;

		for (i = 0; i < COUNT; i++)
			frames[i] = deep_frame(kind, i);
		start = now_ms();
		printed = check_runs(&stack);
		/* A quadratic search would need minutes; this holds under sanitizers too. */
		assert_true(now_ms() - start < 5000);
		if (kind <= 2)
			assert_true(printed < 128);
		if (kind == 5 || kind == 7)
			assert_int_equal(printed, COUNT);
	}
	free(frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recursion_is_found),
		cmocka_unit_test(runs_expand_to_the_stack),
		cmocka_unit_test(deep_stacks_take_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

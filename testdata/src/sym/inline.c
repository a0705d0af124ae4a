/* Inlined calls of C: two deep, in blocks, recursive, in a cold part, across files (other.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int other_twice(int value);
int other_outside(int value);

static volatile int sink;

static inline __attribute__((always_inline)) int innermost(int value)
{
	sink += value;
	return value * sink;
}

static inline __attribute__((always_inline)) int middle(int value)
{
	int i, sum = 0;

	for (i = 0; i < value; i++) {
		int square = innermost(i) * innermost(i + 1);

		sum += square;
	}
	return sum + innermost(sum);
}

static __attribute__((noinline)) int fails(const char *what)
{
	fprintf(stderr, "%s\n", what);
	return (int)strlen(what);
}

/* The unlikely way goes to a part of its own (.text.unlikely). */
__attribute__((noinline)) int has_cold_part(int value)
{
	if (__builtin_expect(value < 0, 0)) {
		fails("negative");
		fails("very negative");
		abort();
	}
	return middle(value) + other_twice(value);
}

__attribute__((noinline)) int recursive(int depth)
{
	if (depth <= 0)
		return middle(3);
	return recursive(depth - 1) + innermost(depth);
}

int main(int argc, char **argv)
{
	(void)argv;
	return has_cold_part(argc) + recursive(argc) + other_outside(argc);
}

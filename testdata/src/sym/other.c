/* The other file of inline.c: with link time optimisation its functions are inlined there. */
static volatile int kept;

static int helper(int value)
{
	kept += value;
	return kept - value;
}

int other_twice(int value)
{
	return helper(value) + helper(value + 1);
}

__attribute__((noinline)) int other_outside(int value)
{
	int i;

	for (i = 0; i < 3; i++)
		value += helper(value);
	return value;
}

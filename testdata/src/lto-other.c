/* The other file of lto.c. */
int other_first(const volatile int *at);

static volatile int sink;

static inline int deref(const volatile int *at)
{
	sink = 3;
	return *at;
}

int other_first(const volatile int *at)
{
	return deref(at) + sink;
}

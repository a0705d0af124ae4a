/* The libraries of shared-library.c: with -DLINKED the one that is linked. */
#ifdef LINKED
#define EACH linked_each
#else
#define EACH plugin_each
#endif

int EACH(int (*f)(const int *), const int *at);

static volatile int calls;

#ifdef NEWER
int added_in_front(int n);
int added_in_front(int n)
{
	for (int i = 0; i < n; i++)
		calls += i * n;
	return calls;
}
#endif

__attribute__((noinline)) static int call(int (*f)(const int *), const int *at)
{
	calls++;
	return f(at) + calls;
}

int EACH(int (*f)(const int *), const int *at)
{
	return call(f, at) + calls;
}

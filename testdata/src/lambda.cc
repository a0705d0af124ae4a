// A lambda without a linkage name, inlined, in a function whose declaration is in a namespace and
// whose definition is not.
// fixture lambda: g++ -O2 -g $src -o $exe
namespace app {
int *nowhere;
int each(int *from, int *to);
}

template <typename F> static inline int sum(const int *from, const int *to, F f)
{
	int all = 0;

	while (from < to)
		all += f(*from++);
	return all;
}

[[gnu::noinline]] int app::each(int *from, int *to)
{
	return sum(from, to, [&](int n) { return n == 3 ? *nowhere : n + *to; });
}

int main()
{
	int numbers[] = {1, 2, 3, 4};

	return app::each(numbers, numbers + 3);
}

// Inlined calls through namespaces, templates, lambdas and constructors.
// fixture inlines-cc: g++ -O2 -g $src -o $exe
// fixture inlines-cc-dwarf4: g++ -O2 -gdwarf-4 $src -o $exe
// fixture inlines-cc-clang: clang++ -O2 -g $src -o $exe
// fixture inlines-cc-clang-dwarf4: clang++ -O2 -gdwarf-4 $src -o $exe
// fixture inlines-cc-O0: g++ -O0 -g $src -o $exe
// fixture inlines-cc-types: g++ -O2 -g -fdebug-types-section $src -o $exe
// fixture inlines-cc-split: g++ -O2 -g -gsplit-dwarf $src -o $exe
#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

namespace geometry {
namespace {
volatile int sink;
}

template <typename T> struct point {
	T x, y;
	point(T a, T b) : x(a), y(b) { sink = 1; }
	inline T length() const { return x * x + y * y; }
};

template <typename F> [[gnu::noinline]] int for_all(const std::vector<point<int>> &points, F f)
{
	int total = 0;
	for (const auto &p : points)
		total += f(p);
	return total;
}

inline int fetch(const volatile int *at)
{
	sink = 2;
	return *at;
}

class shape {
public:
	virtual ~shape() = default;
	[[gnu::noinline]] virtual int area(const int *scale) const
	{
		std::vector<point<int>> points{{1, 2}, {3, 4}};
		return for_all(points, [&](const point<int> &p) { return p.length() * fetch(scale); });
	}
};
}

int main()
{
	auto s = std::make_unique<geometry::shape>();
	std::function<int(const int *)> f = [&](const int *scale) { return s->area(scale) + 1; };
	return f(nullptr);
}

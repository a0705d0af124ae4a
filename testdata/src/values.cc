// Values as C++ programs have them: containers, references, base classes, inlined calls.
// fixture values-cc: g++ -std=c++17 -O0 -g $src -o $exe
// fixture values-cc-O2: g++ -std=c++17 -O2 -g $src -o $exe
// fixture values-cc-clang: clang++ -std=c++17 -O0 -g -fstandalone-debug $src -o $exe
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

struct point { int x, y; };
struct base { int b = 7; virtual ~base() {} };
struct derived : base { point at{1, 2}; };

static inline __attribute__((always_inline)) int inlined(int argument, const std::string &text)
{
	int twice = argument * 2;

	if (twice)
		std::abort();
	return twice + static_cast<int>(text.size());
}

[[gnu::noinline]] int leaf(derived &object, std::string text, std::string_view view,
			   const std::vector<int> &numbers, int n)
{
	std::map<std::string, int> map{{"one", 1}, {"two", 2}};
	std::set<int> set{3, 1, 2};
	std::unique_ptr<point> unique(new point{3, 4});
	std::shared_ptr<point> shared = std::make_shared<point>(point{5, 6}), other = shared;
	std::optional<int> some = 3, none;
	std::vector<point> points{{1, 2}, {3, 4}};
	std::vector<int> empty;
	std::string longer(300, 'x');
	point &reference = *unique;

	return inlined(n, text) + reference.x + map["one"] + *some + points[0].x + object.b +
	       static_cast<int>(view.size() + numbers.size() + set.size() + empty.size() + longer.size()) +
	       none.value_or(1) + other->x;
}

int main()
{
	derived object;
	std::vector<int> numbers{1, 2, 3};

	return leaf(object, "owned", "a view", numbers, 21);
}

// Functions in namespaces, classes, templates, lambdas, and local classes; static ones, for
// which g++ writes no linkage name.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace {

struct Hidden {
	int x;
	__attribute__((noinline)) int method(int k) { return x * k + std::printf("a"); }
	inline int inlined(int k) const { return k - x; }
};

inline int hidden_inline(int a) { return a * 3 + std::printf("b"); }

} // namespace

namespace outer {

static inline int static_inline(int a) { return hidden_inline(a) * 2; }

inline namespace v1 {

template <class T, int N> struct Box {
	T value;
	__attribute__((noinline)) T get(T t) { return t + static_cast<T>(static_inline(static_cast<int>(t)) * N); }
	Box &operator<<(int shift)
	{
		value = static_cast<T>(static_cast<long>(value) + hidden_inline(shift));
		return *this;
	}
	explicit operator bool() const { return value > T(); }
};

} // namespace v1

__attribute__((noinline)) int run(int k)
{
	struct Local {
		static __attribute__((noinline)) int twice(int v) { return v * 2 + std::printf("c"); }
	};
	Box<long, 3> box{k};
	Hidden hidden{k};

	box << k << 2;
	return static_cast<int>(box.get(k)) + hidden.method(k) + hidden.inlined(k) + Local::twice(k) + (box ? 1 : 0);
}

} // namespace outer

extern "C" __attribute__((noinline)) int plain_c(int k) { return hidden_inline(k) + 1; }

int main(int argc, char **)
{
	std::vector<int> numbers{3, 2, 1, argc};
	std::vector<std::string> words(3, "word");
	auto add = [&](int a) { return a + argc + outer::run(a); };
	std::function<int(int)> boxed = [&](int a) { return plain_c(a) + add(a); };

	std::sort(numbers.begin(), numbers.end(), [](int a, int b) { return a > b; });
	std::sort(words.begin(), words.end());
	return boxed(numbers[0]) + static_cast<int>(words.front().size());
}

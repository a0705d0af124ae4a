// An operator, a conversion, a destructor, templates with numbers and an anonymous namespace.
// fixture cc-names: g++ -O1 -g -fno-optimize-sibling-calls $src -o $exe
// fixture cc-names-clang: clang++ -O1 -g -fno-optimize-sibling-calls $src -o $exe
#include <cstdlib>
#include <map>
#include <string>

namespace outer::inner {
struct key {
	int n;
	bool operator<(const key &other) const { return n < other.n; }
};

template <typename K, typename V, int N> struct table {
	std::map<K, V> rows;
	[[gnu::noinline]] V &operator[](const K &k)
	{
		if (rows.size() > N)
			abort();
		return rows[k];
	}
	[[gnu::noinline]] operator bool() { return (*this)[K{7}].size() != 0; }
	[[gnu::noinline]] ~table()
	{
		if (*this)
			rows.clear();
	}
};
}

namespace {
[[gnu::noinline]] int in_anonymous(outer::inner::table<outer::inner::key, std::string, 1> &&t)
{
	auto moved = std::move(t);
	return static_cast<int>(moved.rows.size());
}
}

int main()
{
	outer::inner::table<outer::inner::key, std::string, 1> t;
	t.rows[{1}] = "one";
	t.rows[{2}] = "two";
	return in_anonymous(std::move(t));
}

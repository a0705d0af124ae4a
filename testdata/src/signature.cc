// One fault behind code of the library, which compilers inline or not: one signature over all builds.
// fixture signature-gcc-O0: g++ -O0 -g -std=c++17 $src -o $exe
// fixture signature-gcc-O1: g++ -O1 -g -std=c++17 $src -o $exe
// fixture signature-gcc-O2: g++ -O2 -g -std=c++17 $src -o $exe
// fixture signature-gcc-O3: g++ -O3 -g -std=c++17 $src -o $exe
// fixture signature-gcc-lto: g++ -O2 -g -flto -std=c++17 $src -o $exe
// fixture signature-clang-O0: clang++ -O0 -g -std=c++17 $src -o $exe
// fixture signature-clang-O1: clang++ -O1 -g -std=c++17 $src -o $exe
// fixture signature-clang-O2: clang++ -O2 -g -std=c++17 $src -o $exe
// fixture signature-clang-O3: clang++ -O3 -g -std=c++17 $src -o $exe
// fixture signature-debug-file: g++ -O2 -g -std=c++17 $src -o $exe
//   then: objcopy --only-keep-debug $exe $exe.debug && strip $exe && objcopy --add-gnu-debuglink=$exe.debug $exe
#include <map>
#include <memory>
#include <string>
#include <vector>

struct Item {
	std::string name;
	std::vector<int> values;
};

using Items = std::map<int, std::unique_ptr<Item>>;

__attribute__((noinline)) int use(Items &items, int key)
{
	auto &item = items[key];

	return static_cast<int>(item->name.size()) + item->values.back();
}

static int helper(Items &items, int key)
{
	return use(items, key) + 1;
}

__attribute__((noinline)) int entry(int key)
{
	Items items;

	items[1] = std::make_unique<Item>();
	return helper(items, key) * 2;
}

int main(int argc, char **)
{
	return entry(argc + 4);
}

// An allocation that cannot be had.
// fixture bad-alloc: g++ -O1 -g $src -o $exe
#include <cstdint>
#include <vector>

[[gnu::noinline]] std::vector<char> reserve(std::size_t size)
{
	return std::vector<char>(size);
}

int main()
{
	return reserve(SIZE_MAX / 4).empty();
}

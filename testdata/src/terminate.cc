// std::terminate() after an exception was caught: its object may still be pointed to.
// fixture terminate: g++ -O1 -g $src -o $exe
#include <exception>
#include <stdexcept>

__attribute__((noinline)) static void caught(int n)
{
	volatile char pad[512];

	pad[0] = (char)n;
	try {
		throw std::runtime_error("caught");
	} catch (std::exception &) {
	}
}

int main()
{
	caught(1);
	std::terminate();
}

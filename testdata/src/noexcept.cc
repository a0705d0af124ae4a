// An exception leaves a function that promised none.
// fixture noexcept: g++ -O1 -g $src -o $exe
#include <stdexcept>

[[gnu::noinline]] int work(int argc)
{
	if (argc < 100)
		throw std::logic_error("closed twice");
	return argc;
}

[[gnu::noinline]] int finish(int argc) noexcept
{
	return work(argc) + 1;
}

int main(int argc, char **)
{
	return finish(argc);
}

// An exception that is caught and thrown again: the stack is that of the second throw.
// fixture rethrown: g++ -O1 -g $src -o $exe
#include <stdexcept>

[[gnu::noinline]] int work(int argc)
{
	if (argc < 100)
		throw std::out_of_range("index 7, size 3");
	return argc;
}

[[gnu::noinline]] int attempt(int argc)
{
	try {
		return work(argc);
	} catch (const std::exception &) {
		throw;
	}
}

int main(int argc, char **)
{
	return attempt(argc);
}

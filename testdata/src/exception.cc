// An exception that nobody catches.
// fixture exception: g++ -O1 -g $src -o $exe
// fixture exception-clang: clang++ -O1 -g $src -o $exe
#include <stdexcept>
#include <string>

namespace config {
struct parse_error : std::runtime_error {
	using std::runtime_error::runtime_error;
};

[[gnu::noinline]] int read(const std::string &path)
{
	throw parse_error("no such key in " + path);
}
}

int main()
{
	return config::read("/etc/app.conf");
}

// An exception that is no object of a class.
// fixture exception-int: g++ -O1 -g $src -o $exe
[[gnu::noinline]] int fail(int code)
{
	throw code;
}

int main(int argc, char **)
{
	return fail(41 + argc);
}

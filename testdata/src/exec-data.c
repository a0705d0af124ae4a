/* Data is called as if it were code.
 * fixture exec-data: gcc -O1 -g $src -o $exe
 */
static unsigned char bytes[16] = {0x90, 0xc3};

__attribute__((noinline)) static int call(void *code)
{
	int (*function)(void) = (int (*)(void))code;
	return function() + 1;
}

int main(void)
{
	return call(bytes);
}

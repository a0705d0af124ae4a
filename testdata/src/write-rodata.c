/* A string constant is written.
 * fixture write-rodata: gcc -O1 -g $src -o $exe
 */
__attribute__((noinline)) static void capitalize(volatile char *text)
{
	text[0] = 'H';
}

int main(void)
{
	static const char greeting[] = "hello";
	capitalize((char *)greeting);
	return 0;
}

/* An integer is divided by zero.
 * fixture div-zero: gcc -O1 -g $src -o $exe
 * fixture div-zero-m32: gcc -m32 -O1 -g $src -o $exe
 */
__attribute__((noinline)) static int average(int sum, int count)
{
	return sum / count;
}

int main(int argc, char **argv)
{
	(void)argv;
	return average(100, argc - 1);
}

/* A call through a NULL function pointer: pc is 0, the caller is the word at the stack pointer.
 * fixture null-call: gcc -O1 -g $src -o $exe
 * fixture null-call-m32: gcc -m32 -O1 -g $src -o $exe
 * fixture null-call-aarch64: aarch64-linux-gnu-gcc -O1 -g -static $src -o $exe
 *   core: qemu
 */
typedef int handler_fn(int);

static handler_fn *volatile handler;

__attribute__((noinline)) static int dispatch(int event)
{
	return handler(event) + 1;
}

int main(void)
{
	return dispatch(3);
}

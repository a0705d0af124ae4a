/* A call through a function pointer that was overwritten with a number.
 * fixture wild-call: gcc -O1 -g $src -o $exe
 * fixture wild-call-m32: gcc -m32 -O1 -g $src -o $exe
 */
typedef int handler_fn(int);

static handler_fn *volatile handler = (handler_fn *)0xdead0000;

__attribute__((noinline)) static int dispatch(int event)
{
	return handler(event) + 1;
}

int main(void)
{
	return dispatch(3);
}

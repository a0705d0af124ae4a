/* Stopped within the vdso, which is in no file.
 * fixture vdso: gcc -O1 -g $src -o $exe
 *   run: gdb -batch -nx -ex 'break now' -ex run -ex 'break *__vdso_clock_gettime' -ex continue -ex 'gcore core' -ex kill ./$exe
 *   core: made
 */
#include <time.h>

__attribute__((noinline)) long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

int main(void)
{
	return now() == 0;
}

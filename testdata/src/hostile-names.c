/* Bytes that a terminal would obey, in a thread's name, an argument and a symbol.
 * fixture hostile-names: gcc -O1 $src -o $exe
 *   then: objcopy --redefine-sym "fails=fails$(printf '\033[2J')cleared" $exe
 *   run: ./$exe "$(printf 'title\033]0;owned\007 \033[31mred\r\nsecond line \302\233')"
 */
#include <stdlib.h>
#include <sys/prctl.h>

__attribute__((noinline)) void fails(void);

void fails(void)
{
	abort();
}

int main(void)
{
	prctl(PR_SET_NAME, "\033[1mbold\a");
	fails();
	return 0;
}

/* Debug information apart from the program: by .gnu_debuglink, by build id below a debug
 * directory, symbols only in .gnu_debugdata, and shared between files by dwz.
 * fixture debuglink: gcc -O2 -g $src -o $exe
 *   then: objcopy --only-keep-debug $exe $exe.debug
 *   then: strip $exe
 *   then: objcopy --add-gnu-debuglink=$exe.debug $exe
 * fixture debug-dir: gcc -O2 -g $src -o $exe
 *   then: id=$(readelf -n $exe | sed -n 's/.*Build ID: //p')
 *   then: mkdir -p debug/.build-id/$(echo $id | cut -c1-2)
 *   then: objcopy --only-keep-debug $exe debug/.build-id/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-).debug
 *   then: strip $exe
 * fixture debuglink-mismatch: gcc -O2 -g $src -o $exe
 *   then: gcc -O0 -g $src -o other
 *   then: objcopy --only-keep-debug other $exe.debug
 *   then: strip $exe
 *   then: objcopy --add-gnu-debuglink=$exe.debug $exe
 *   then: rm other
 * fixture mini-debuginfo: gcc -O2 -g $src -o $exe
 *   then: nm $exe --format=posix --defined-only | awk '$2 ~ /[tT]/ {print $1}' | sort > keep-symbols
 *   then: objcopy --only-keep-debug $exe full.debug
 *   then: objcopy -S --remove-section .gdb_index --remove-section .comment --keep-symbols=keep-symbols full.debug mini
 *   then: strip $exe
 *   then: xz mini
 *   then: objcopy --add-section .gnu_debugdata=mini.xz $exe
 *   then: rm full.debug
 * fixture dwz: gcc -O2 -g $src -o $exe
 *   then: gcc -O2 -g -DOTHER $src -o other
 *   then: dwz -m shared.dwz $exe other
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct entry {
	char name[32];
	struct timespec when;
	struct stat info;
};

static volatile int sink;

static inline __attribute__((always_inline)) int check(const volatile struct entry *entry)
{
	sink++;
	return entry->name[0];
}

__attribute__((noinline)) static int list(const struct entry *entry)
{
	sink = 1;
	return check(entry) + sink;
}

#ifdef OTHER
__attribute__((noinline)) static int other(const struct entry *entry)
{
	return check(entry) + 2;
}
#endif

static struct entry *volatile none;

int main(void)
{
#ifdef OTHER
	sink = other(none);
#endif
	return list(none) + sink;
}

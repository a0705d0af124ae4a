/* A read through a NULL pointer, three calls deep.
 * fixture null-read: gcc -O0 -g $src -o $exe
 * fixture null-read-O2: gcc -O2 -g -fno-optimize-sibling-calls $src -o $exe
 * fixture null-read-clang: clang -O0 -g $src -o $exe
 * fixture null-read-clang-O2: clang -O2 -g -fno-optimize-sibling-calls $src -o $exe
 * fixture null-read-dwarf4: gcc -O1 -gdwarf-4 $src -o $exe
 * fixture null-read-dwarf5: gcc -O1 -gdwarf-5 $src -o $exe
 * fixture null-read-clang-dwarf4: clang -O1 -gdwarf-4 $src -o $exe
 * fixture null-read-nopie: gcc -O1 -g -no-pie -fno-pie $src -o $exe
 * fixture null-read-static: gcc -O1 -g -static $src -o $exe
 * fixture null-read-static-pie: gcc -O1 -g -static-pie $src -o $exe
 * fixture null-read-m32: gcc -m32 -O1 -g $src -o $exe
 * fixture null-read-m32-nopie: gcc -m32 -O0 -g -no-pie -fno-pie $src -o $exe
 * fixture null-read-aarch64: aarch64-linux-gnu-gcc -O1 -g -static $src -o $exe
 *   core: qemu
 * fixture null-read-nodebug: gcc -O1 $src -o $exe
 * fixture null-read-stripped: gcc -O1 $src -o $exe
 *   then: strip $exe
 * fixture null-read-fp: gcc -O1 -g -fno-asynchronous-unwind-tables -fno-omit-frame-pointer $src -o $exe
 * fixture null-read-gz: gcc -O1 -g -gz=zlib $src -o $exe
 * fixture null-read-zstd-sections: gcc -O1 -g $src -o $exe
 *   then: objcopy --compress-debug-sections=zstd $exe
 * fixture null-read-no-build-id: gcc -O1 -g -Wl,--build-id=none $src -o $exe
 */
#include <stdio.h>

__attribute__((noinline)) static int first_byte(const volatile char *text)
{
	return *text;
}

__attribute__((noinline)) static int parse_header(const char *text)
{
	return first_byte(text) + 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	const char *text = argc > 100 ? "present" : NULL;
	printf("%d\n", parse_header(text));
	return 0;
}

/* Inlined calls, three deep, and one inlined call before another function.
 * fixture inlines-c: gcc -O2 -g $src -o $exe
 * fixture inlines-c-dwarf4: gcc -O2 -gdwarf-4 $src -o $exe
 * fixture inlines-c-clang: clang -O2 -g $src -o $exe
 * fixture inlines-c-clang-dwarf4: clang -O2 -gdwarf-4 $src -o $exe
 * fixture inlines-c-split: gcc -O2 -g -gsplit-dwarf $src -o $exe
 * fixture inlines-c-split4: gcc -O2 -gdwarf-4 -gsplit-dwarf $src -o $exe
 * fixture inlines-c-clang-split: clang -O2 -gdwarf-5 -gsplit-dwarf $src -o $exe
 * fixture inlines-c-split-lost: gcc -O2 -g -gsplit-dwarf $src -o $exe
 *   after: rm *.dwo
 * fixture inlines-c-m32: gcc -m32 -O2 -g $src -o $exe
 * fixture inlines-c-aarch64: aarch64-linux-gnu-gcc -O2 -g -static $src -o $exe
 *   core: qemu
 */
static volatile int sink;
static int *volatile nothing;

static inline __attribute__((always_inline)) int load(const volatile int *at)
{
	sink++;
	return *at;
}

static inline __attribute__((always_inline)) int sum(const volatile int *at, int count)
{
	int total = 0;
	for (int i = 0; i < count; i++)
		total += load(at + i);
	return total;
}

static inline __attribute__((always_inline)) int average(const volatile int *at, int count)
{
	return sum(at, count) / count;
}

__attribute__((noinline)) static int report(const int *at, int count)
{
	sink = count;
	return average(at, count) + sink;
}

static inline __attribute__((always_inline)) int run(int count)
{
	int result = report(nothing, count);
	return result + sink;
}

int main(int argc, char **argv)
{
	(void)argv;
	return run(argc + 2);
}

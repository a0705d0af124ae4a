// Values of every kind that C has, in a function that then dies.
// fixture values-c: gcc -O0 -g $src -o $exe
// fixture values-c-O2: gcc -O2 -g $src -o $exe
// fixture values-c-dwarf4: gcc -O0 -gdwarf-4 $src -o $exe
// fixture values-c-clang: clang -O0 -g $src -o $exe
// fixture values-c-clang-O2: clang -O2 -g $src -o $exe
// fixture values-c-m32: gcc -m32 -O0 -g $src -o $exe
// fixture values-c-aarch64: aarch64-linux-gnu-gcc -static -O0 -g $src -o $exe
//   core: qemu
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum colour { RED, GREEN = 5, BLUE };
enum access { READ = 1, WRITE = 2, EXECUTE = 4 };
struct point { int x, y; };
union number { uint32_t bits; float value; };
typedef struct point place;

struct record {
	place at;
	unsigned low : 3, high : 5;
	enum colour colour;
	const char *name;
	double ratio;
	int list[3];
	short matrix[2][2];
	char label[8];
	void (*call)(int);
	union number number;
};

void callback(int n);
void callback(int n)
{
	(void)n;
}

__attribute__((noinline)) static int leaf(const struct record *record, struct record copy, int n, char c,
					  bool yes, float f, enum colour colour, enum access access,
					  int *nothing, unsigned long long large)
{
	volatile int local = n * 2;
	static int kept = 9;
	long long negative = -5000000000LL;
	unsigned char byte = 200;
	void (*function)(int) = callback;
	const char *text = "a \"quoted\" text";

	if (n) {
		volatile int inner = 77;

		abort();
		return inner;
	}
	return local + kept + (int)negative + byte + (function == callback) + *text + *nothing +
	       (int)large + record->at.x + copy.at.y + c + yes + (int)f + (int)colour + (int)access;
}

int main(void)
{
	struct record record = { { 1, 2 }, 5, 17, GREEN, "hello", 1.5, { 1, 2, 3 }, { { 1, 2 }, { 3, 4 } },
				 "abc", callback, { 42 } };

	return leaf(&record, record, 21, 'x', true, 2.5f, BLUE, (enum access)(READ | EXECUTE), NULL,
		    18446744073709551615ULL);
}

// Its debug information in a compressed file of its own (here, so that lines above stay what they are).
// fixture values-c-packed: gcc -O2 -g $src -o $exe
//   then: objcopy --only-keep-debug --compress-debug-sections=zlib $exe $exe.debug
//   then: strip $exe
//   then: objcopy --add-gnu-debuglink=$exe.debug $exe

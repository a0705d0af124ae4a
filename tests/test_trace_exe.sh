#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# stk trace --exe: what programs print of themselves without symbols, relocated or not, gets the
# functions, lines and inlined calls that the same text has with symbols. Told: B, STK, TOP
# (tests/run.sh).
set -u
. "$TOP/tests/tap.sh"
cd "$dir" || exit 1
unset DEBUGINFOD_URLS

# "FUNC:LINE" of every frame of FILE.c in what stk printed, in order; parameters and columns gone.
own_frames() { # FILE
	awk -v file="$1" '
	/^ *[0-9]+  / {
		name = $0
		sub(/^ *[0-9]+  (0x[0-9a-f]+ in )?/, "", name)
		sub(/ \(inlined\)$/, "", name)
		sub(/\(.*/, "", name)
		sub(/.*::/, "", name)
	}
	/^ *at / {
		line = $NF
		sub(/.*\//, "", line)
		if (sub("^" file ":", "", line)) {
			sub(/:.*/, "", line)
			print name ":" line
		}
	}'
}

same() { # NAME WANT GOT
	[ -s "$2" ] && diff "$2" "$3" > diff
	ok "$1" $?
	[ -s diff ] && head -20 diff
	: > diff
}

has() { # TOOL
	command -v "$1" > path
}

# ---- sanitizers: symbolize=0 and --exe are as good as symbolize=1 ----

cat > use.cc <<'CC'
#include <pthread.h>
#include <stdlib.h>
namespace ns {
struct Box { char *p; int get(int n); };
static inline __attribute__((always_inline)) int peek(char *p, int n) { return p[n]; }
__attribute__((noinline)) int Box::get(int n) { return peek(p, n) + 1; }
}
static int shared;
__attribute__((noinline)) static void *add(void *) { shared++; return 0; }
__attribute__((noinline)) static int freed(int n) { ns::Box b = { (char *)malloc(10) }; free(b.p); return b.get(n); }
__attribute__((noinline)) static int leaked(int n) { return ((volatile char *)malloc(n + 30))[0] = 0; }
__attribute__((noinline)) static int shifted(int n) { return 1 << (n + 31); }
__attribute__((noinline)) static int raced(int n) {
	pthread_t t;
	pthread_create(&t, 0, add, 0);
	shared += n;
	return pthread_join(t, 0);
}
int main(int argc, char **argv) {
	switch (argv[1][0]) {
	case 'f': return freed(argc);
	case 'l': return leaked(argc);
	case 's': return shifted(argc);
	default: return raced(argc);
	}
}
CC

sanitized() { # COMPILER SANITIZER ARGUMENT PIE
	local name="$2 of $1, $4"
	if ! has "$1" || ! "$1" -g -O1 -fno-omit-frame-pointer "-fsanitize=$2" "-$4" -pthread -o prog use.cc 2> err; then
		skip "$name" "$1 cannot build it: $(head -1 err)"
		return
	fi
	options=print_stacktrace=1:external_symbolizer_path=$(command -v llvm-symbolizer || command -v llvm-symbolizer-14)
	for symbolize in 0 1; do
		export {ASAN,LSAN,TSAN,UBSAN}_OPTIONS=$options:symbolize=$symbolize
		setarch -R timeout 60 ./prog "$3" > $symbolize.txt 2>&1
	done
	unset {ASAN,LSAN,TSAN,UBSAN}_OPTIONS
	# the two threads of a race come in any order
	"$STK" trace 1.txt 2> err | own_frames use.cc | sort > want
	"$STK" trace --exe prog 0.txt 2> err | own_frames use.cc | sort > got
	if [ "$2" = thread ] && ! grep -q WARNING 1.txt; then
		skip "$name" "nothing was found: $(head -1 1.txt)"
		return
	fi
	same "$name" want got
}

for compiler in g++ clang++; do
	for pie in pie no-pie; do
		sanitized $compiler address f $pie
		sanitized $compiler leak l $pie
		sanitized $compiler undefined s $pie
	done
	sanitized $compiler thread r pie
done

# ---- backtrace_symbols_fd, bare addresses with a memory map, gdb without symbols ----

cat > self.c <<'C'
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define LIST(what) void *list[64]; int count = backtrace(list, 64); what
static void glog(void **list, int count)
{
	int i;
	dprintf(2, "*** SIGABRT received at time=1700000000 on cpu 1 ***\n");
	for (i = 0; i < count; i++)
		dprintf(2, "    @ %18p  (unknown)\n", list[i]);
}
static void maps(void)
{
	char line[512];
	FILE *f = fopen("/proc/self/maps", "r");
	dprintf(2, "======= Memory map: ========\n");
	while (fgets(line, sizeof(line), f))
		write(2, line, strlen(line));
}
static inline __attribute__((always_inline)) int inner(int n, char how)
{
	LIST(if (how == 'b') backtrace_symbols_fd(list, count, 2); else { glog(list, count); maps(); })
	if (how == 'a') abort();
	return n + count;
}
static __attribute__((noinline)) int hidden(int n, char how) { int r = inner(n, how); return r + 1; }
__attribute__((noinline)) int exported(int n, char how) { int r = hidden(n + 1, how); return r * 2; }
int main(int argc, char **argv) { int r = exported(argc, argv[1][0]); return r == 12345; }
C
printf '%s\n' inner:24 hidden:28 exported:29 main:30 > want

for compiler in gcc clang; do
	for how in "-pie -fPIE" "-pie -fPIE -rdynamic" -no-pie -static "-static-pie -fPIE"; do
		name="$compiler $how"
		if ! has $compiler || ! $compiler -g -O1 $how -o prog self.c 2> err; then
			skip "$name" "it cannot be built: $(head -1 err)"
			continue
		fi
		./prog b 2> text
		"$STK" trace --exe prog text 2> err | own_frames self.c > got
		if [[ $how = -static-pie* ]]; then
			# bare addresses of a program that is relocated
			grep -q 'the text does not tell' err && [ ! -s got ]
			ok "backtrace_symbols_fd: $name: it cannot be known, and that is said" $?
		else
			same "backtrace_symbols_fd: $name" want got
		fi
		./prog m 2> text
		"$STK" trace --exe prog text 2> err | own_frames self.c > got
		same "addresses and a memory map: $name" want got
		# in a log, and the program stripped
		objcopy --only-keep-debug prog prog.debug && strip -o stripped prog &&
			objcopy --add-gnu-debuglink=prog.debug stripped
		sed 's/^/2024-01-02T03:04:05.6Z stderr F /' text | "$STK" trace --exe prog 2> err | own_frames self.c > got
		same "the same in a log: $name" want got
		mv stripped prog
		"$STK" trace --exe prog text 2> err | own_frames self.c > got
		same "the same of a stripped one with a debug file: $name" want got
		mkdir -p elsewhere && mv prog.debug elsewhere
		"$STK" trace --exe prog --debug-dir elsewhere text 2> err | own_frames self.c > got
		same "the same with --debug-dir: $name" want got
	done
done

# ---- C++: exported names are mangled, those of abseil are not ----

cat > self.cc <<'CC'
#include <execinfo.h>
#include <vector>
namespace app {
template <class T> struct Store { T *p; static inline __attribute__((always_inline)) int print(int n) {
	void *list[64];
	backtrace_symbols_fd(list, backtrace(list, 64), 2);
	return n;
} __attribute__((noinline)) int find(int n) { return print(n) + 1; } };
static __attribute__((noinline)) int hidden(std::vector<int> &v) { return Store<int>().find((int)v.size()) + 1; }
__attribute__((noinline)) int open(std::vector<int> v) { return hidden(v) + 1; }
}
int main(int argc, char **) { return app::open({ argc }) == 0; }
CC
printf '%s\n' print:6 find:8 hidden:9 open:10 main:12 > want.cc
for compiler in g++ clang++; do
	if ! has $compiler || ! $compiler -g -O1 -rdynamic -o prog self.cc 2> err; then
		skip "$compiler" "it cannot be built: $(head -1 err)"
		continue
	fi
	./prog 2> text
	# where what has a name is all that tells the load address
	sed -i 's/(+0x[0-9a-f]*)/()/' text
	"$STK" trace --exe prog text 2> err | own_frames self.cc > got
	same "names of C++: $compiler" want.cc got
done

# ---- debuggers that had a program without debug information ----

debugged() { # NAME COMMAND...: of the core of a program with symbols only
	if ! has "$2"; then
		skip "$1" "$2 is not installed"
		return
	fi
	timeout 60 "${@:2}" < /dev/null 2> err | grep -v '^\[' > text
	"$STK" trace --exe full/prog text 2> err | own_frames self.c > got
	same "$1" want got
}

for how in "-pie -fPIE" -no-pie; do
	mkdir -p full
	if ! gcc -g -O1 $how -o full/prog self.c 2> err; then
		skip "debuggers" "gcc cannot build it: $(head -1 err)"
		continue
	fi
	strip -g -o prog full/prog
	rm -f core*
	(ulimit -c unlimited; ./prog a 2> text) 2> err
	core=$(ls core* 2> err)
	if [ -z "$core" ]; then
		skip "debuggers" "the kernel writes no core here"
		continue
	fi
	sed -i 's/inner:24/inner:25/' want
	debugged "gdb, $how" gdb -nx -batch -ex bt prog $core
	debugged "eu-stack, $how" eu-stack --core=$core -e prog
	debugged "lldb, $how" lldb -b -c $core prog -o bt
	sed -i 's/inner:25/inner:24/' want
done

# ---- another build is not believed ----

gcc -g -O1 -Wl,--build-id -o prog self.c 2> err && ./prog b 2> text
gcc -g -O0 -Wl,--build-id -o prog self.c 2> err
"$STK" trace --exe prog text > out 2> err
[ $? = 1 ] && grep -q . err
ok "frames that another build has elsewhere are noted" $?

# ---- Go ----

if ! has go; then
	skip "Go" "go is not installed"
	finish
fi
export HOME=$dir GOCACHE=${GOCACHE:-$dir/cache} GOFLAGS=-mod=mod GO111MODULE=off GOTOOLCHAIN=local
cat > dump.go <<'GO'
package main

import (
	"os"
	"runtime/pprof"
	"time"
)

//go:noinline
func wait(c chan int) int { return <-c }

//go:noinline
func middle(c chan int) int { return wait(c) + 1 }

//go:noinline
func outer(c chan int) int { return middle(c) + 1 }

func main() {
	go outer(make(chan int))
	time.Sleep(20 * time.Millisecond)
	pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
}
GO
printf '%s\n' 'main.wait dump.go:10' 'main.middle dump.go:13' 'main.outer dump.go:16' > want
for how in "" -buildmode=pie "-ldflags=-s -ldflags=-w" "-buildmode=pie -ldflags=-s"; do
	if ! go build $how -o prog dump.go 2> err; then
		skip "Go ${how:-as it is}" "go cannot build it: $(head -1 err)"
		continue
	fi
	./prog 2> text
	# one function keeps its name, the other frames are addresses
	sed '/main\.outer/!s/^#\t\(0x[0-9a-f]*\)\t.*/#\t\1/' text > nameless
	"$STK" trace -m main.outer --exe prog nameless 2> err |
		awk '/ in main\./ { name = $NF } /^ *at .*dump\.go/ { sub(/.*\//, ""); print name, $0 }' > got
	same "Go ${how:-as it is}" want got
done

# ---- a frame that was interrupted by a signal has called nothing: its pc is its own ----

cat > fault.c << 'C'
#include <execinfo.h>
#include <signal.h>
#include <unistd.h>
static void on_fault(int s) { void *b[50]; (void)s; backtrace_symbols_fd(b, backtrace(b, 50), 2); _exit(1); }
__attribute__((noinline)) int before(int *p)
{
	return p ? 1 : 2;
}
__attribute__((noinline)) int first_instruction(int *p)
{
	return *(volatile int *)p;
}
int main(int argc, char **argv)
{
	(void)argv;
	signal(SIGSEGV, on_fault);
	return first_instruction((int *)(long)(argc - 1)) + before((int *)argv);
}
C
gcc -g -O2 -falign-functions=1 -o prog fault.c 2> err && ./prog 2> text
printf '%s\n' first_instruction:11 main:17 > want
"$STK" trace --exe prog text 2> err > out
own_frames fault.c < out | tail -2 > got
same "the function whose first instruction faulted, not the one before it" want got
grep -q 'in <signal handler called>' out
ok "the frame before it is the signal's" $?
finish

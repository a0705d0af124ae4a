#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the installed debuggers and rustc really print, read by stk trace: the functions and lines of
# the thread that crashed are those of the core. Told: B, STK, TOP (tests/run.sh).
set -u
. "$TOP/tests/tap.sh"

# The program's own functions of the first stack that has `compute`, with their lines.
own_frames() { # FILE
	awk '
	/^ *[0-9]+  / { name = $0; sub(/^ *[0-9]+  (0x[0-9a-f]+ in )?/, "", name); sub(/ \(inlined\)$/, "", name) }
	/^ *at .*threads\.c:[0-9]+/ { line = $0; sub(/.*:/, "", line); print name ":" line }
	' "$1" | sort
}

fixture=$("$TOP/tests/fixtures.sh" path threads 2> "$dir/err") || {
	skip "traces of debuggers" "there is no fixture: $(head -1 "$dir/err")"
	finish
}
core=$fixture/core exe=$fixture/threads
"$STK" core "$exe" "$core" > "$dir/core.stk" 2> "$dir/err"
own_frames "$dir/core.stk" > "$dir/want"

check() { # TOOL COMMAND...
	tool=$1
	shift
	if ! command -v "$1" > "$dir/path"; then
		skip "what $tool prints" "$tool is not installed"
		return
	fi
	timeout 60 "$@" > "$dir/$tool.txt" 2>&1 < /dev/null
	"$STK" trace "$dir/$tool.txt" > "$dir/$tool.stk" 2>&1
	own_frames "$dir/$tool.stk" > "$dir/got"
	[ -s "$dir/want" ] && diff "$dir/want" "$dir/got"
	ok "the functions and lines that $tool prints are those of the core" $?
}

check gdb gdb -nx -batch -ex bt -ex 'thread apply all bt' "$exe" "$core"
check lldb lldb -b -c "$core" "$exe" -o 'bt all'
check eu-stack eu-stack -s -i "--core=$core" -e "$exe"
check stk "$STK" core "$exe" "$core"

# ---- what libraries print of the programs that use them ----

# Every line that LIBRARY prints of a stack is read, and find and main are in it.
printed() { # LIBRARY FRAME HEADER FLAGS... < SOURCE
	library=$1 frame=$2 header=$3
	shift 3
	cat > "$dir/p.cc"
	if ! echo "#include <$header>" | g++ -std=c++17 -x c++ -E - > "$dir/cpp" 2>&1; then
		skip "what $library prints" "$library is not installed"
		return
	fi
	if ! g++ -std=c++17 -g -rdynamic -o "$dir/p" "$dir/p.cc" "$@" > "$dir/err" 2>&1; then
		skip "what $library prints" "$(grep -m1 -e error -e cannot "$dir/err")"
		return
	fi
	(ulimit -c 0; cd "$dir" && timeout 60 ./p > p.txt 2>&1) 2> "$dir/err"
	"$STK" trace --passthrough "$dir/p.txt" > "$dir/p.stk" 2> "$dir/p.err"
	grep -Eq '^ *[0-9]+ .*find' "$dir/p.stk" && grep -Eq '^ *[0-9]+ .*main' "$dir/p.stk" &&
		! grep -E "$frame" "$dir/p.stk" && [ ! -s "$dir/p.err" ]
	ok "every frame that $library prints" $?
}

printed backtrace_symbols '\) \[0x' execinfo.h << 'EOF'
#include <execinfo.h>
#include <stdio.h>
#include <unistd.h>
namespace app { void find() { void *p[9]; char **s = backtrace_symbols(p, backtrace(p, 9));
	for (int i = 0; i < 2; i++) puts(s[i]); fflush(stdout); } }
int main() { app::find(); }
EOF
printed glog '^ *@ ' glog/logging.h -lglog << 'EOF'
#include <glog/logging.h>
namespace app { __attribute__((noinline)) int find(int *p) { return *p; } }
int main(int, char **v) { google::InitGoogleLogging(v[0]); google::InstallFailureSignalHandler(); return app::find(0); }
EOF
printed backward-cpp '^#' backward.hpp -DBACKWARD_HAS_DW=1 -ldw << 'EOF'
#include <backward.hpp>
namespace app { __attribute__((noinline)) int find(int *p) { return *p; } }
int main() { backward::SignalHandling sh; return app::find(0); }
EOF
printed 'backward-cpp without debug information' '^#' backward.hpp << 'EOF'
#include <backward.hpp>
namespace app { __attribute__((noinline)) int find(int *p) { return *p; } }
int main() { backward::SignalHandling sh; return app::find(0); }
EOF
printed Boost.Stacktrace '^ *[0-9]+#' boost/stacktrace.hpp -ldl << 'EOF'
#include <boost/stacktrace.hpp>
#include <iostream>
namespace app { __attribute__((noinline)) void find(int) { std::cout << boost::stacktrace::stacktrace(); } }
int main() { app::find(1); }
EOF

if command -v rustc > "$dir/path"; then
	cd "$dir" || exit 1
	cat > p.rs <<'RS'
fn f(n: i32) -> i32 { if n == 0 { panic!("boom") } else { f(n - 1) + 1 } }
fn main() { println!("{}", f(2)); }
RS
	if rustc -g -o p p.rs 2> err; then
		for how in 1 full; do
			RUST_BACKTRACE=$how ./p > p.txt 2>&1
			"$STK" trace p.txt > p.stk 2>&1
			[ "$(grep -c 'p::f$' p.stk)" = 3 ] && grep -q 'p\.rs:1$' p.stk && grep -q 'boom' p.stk
			ok "a panic of rustc's with RUST_BACKTRACE=$how" $?
		done
	else
		skip "a panic of Rust" "rustc cannot build here: $(head -1 err)"
	fi
else
	skip "a panic of Rust" "rustc is not installed"
fi

# Crates that Debian packages as sources; cargo needs no network for them.
crates=/usr/share/cargo/registry
if command -v cargo > "$dir/path" && ls "$crates"/anyhow-1* "$crates"/backtrace-0* > "$dir/path" 2>&1; then
	mkdir -p "$dir/c/src" "$dir/c/.cargo"
	cat > "$dir/c/.cargo/config.toml" << EOF
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "$crates"
EOF
	cat > "$dir/c/Cargo.toml" << 'EOF'
[package]
name = "app"
version = "0.1.0"
edition = "2021"
[dependencies]
anyhow = { version = "1", features = ["backtrace"] }
backtrace = "0.3"
EOF
	cat > "$dir/c/src/main.rs" << 'EOF'
fn find(n: u32) -> anyhow::Result<()> {
    if n > 0 { return find(n - 1) }
    println!("{:?}\n{:#?}", backtrace::Backtrace::new(), backtrace::Backtrace::new());
    println!("{}", std::backtrace::Backtrace::force_capture());
    Err(anyhow::anyhow!("not found"))
}
fn main() -> anyhow::Result<()> { find(2) }
EOF
	if (cd "$dir/c" && timeout 300 cargo build --offline -q) > "$dir/err" 2>&1; then
		(cd "$dir/c" && RUST_BACKTRACE=1 ./target/debug/app > ../p.txt 2>&1)
		"$STK" trace --passthrough "$dir/p.txt" > "$dir/p.stk" 2>&1
		[ "$(grep -c ' app::find$' "$dir/p.stk")" = 12 ] && ! grep -E '^ +(at |[0-9]+: )[^ ]*:$' "$dir/p.stk"
		ok "every frame that anyhow, the backtrace crate and std print" $?
		[ "$(grep -cE '^ +at .*:[0-9]+$' "$dir/p.stk")" = "$(grep -cE '^ +at ' "$dir/p.txt")" ]
		ok "and every place" $?
	else
		skip "what anyhow prints" "cargo cannot build here: $(head -1 "$dir/err")"
	fi
else
	skip "what anyhow prints" "cargo or the crates' sources are not installed"
fi

# ---- what tools and programs of the system print ----

# TOOL's text, with the functions and lines that must be in it.
read_back() { # WHAT COMMAND TEXT [OPTION...] : WORDS in $want
	what=$1 tool=$2 text=$3
	shift 3
	if ! command -v "$tool" > "$dir/path"; then
		skip "$what" "$tool is not installed"
		return
	fi
	"$STK" trace "$@" "$text" > "$dir/read" 2> "$dir/read.err"
	missing=
	while IFS= read -r words; do
		grep -qF -- "$words" "$dir/read" || missing="$missing [$words]"
	done <<< "$want"
	[ -z "$missing" ]
	ok "$what" $?
	[ -z "$missing" ] || { echo "# not in it:$missing" && sed 's/^/# /' "$text" "$dir/read.err" | head -40; }
}

cat > "$dir/sys.c" << 'EOF'
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int shared;
__attribute__((noinline)) int use(volatile char *p) { return p[3]; }
__attribute__((noinline)) void *work(void *arg) { shared++; return arg; }
__attribute__((noinline)) void say(void) { if (write(1, "x\n", 2) < 0) abort(); }
int main(int argc, char **argv) {
	pthread_t t;
	char *p = malloc(2);
	int sum = use(p);
	if (argc > 1 && !strcmp(argv[1], "threads")) { pthread_create(&t, 0, work, 0); shared++; pthread_join(t, 0); }
	if (argc > 1 && !strcmp(argv[1], "die")) return use((char *)16);
	say(); say();
	free(p);
	return sum > 1000;
}
EOF
gcc -g -O0 -pthread -o "$dir/sys" "$dir/sys.c" 2> "$dir/err"

grind() { # TOOL ARGUMENT
	(ulimit -c 0; timeout 100 valgrind "--tool=$1" "$dir/sys" "$2" > "$dir/$1.txt" 2>&1 < /dev/null) 2> "$dir/err"
}
if command -v valgrind > "$dir/path" && timeout 100 valgrind -q true > "$dir/err" 2>&1; then
	grind memcheck die
	want=$'Invalid read of size 1\nin use\nsys.c:6\nin main\nkilled by SIGSEGV'
	read_back "a report of memcheck, and the signal that ends the program" valgrind "$dir/memcheck.txt"
	grind helgrind threads
	want=$'Possible data race during\nin work\nsys.c:7\nThis conflicts with a previous'
	read_back "a race that helgrind finds" valgrind "$dir/helgrind.txt"
	grind drd threads
	want=$'Conflicting\nsys.c:'
	read_back "a race that drd finds" valgrind "$dir/drd.txt"
else
	skip "reports of Valgrind" "it cannot run here: $(head -1 "$dir/err")"
fi

timeout 60 strace -k -e trace=write "$dir/sys" > "$dir/out" 2> "$dir/strace.txt"
if grep -q '^ > ' "$dir/strace.txt"; then
	want=$'2 stacks\nsys.c:8\nsys.c:15'
	read_back "two system calls of strace -k are two stacks, with --exe with lines" strace "$dir/strace.txt" \
		--exe "$dir/sys"
else
	skip "strace -k" "strace is not here, may not trace, or has no unwinder: $(head -1 "$dir/strace.txt")"
fi

cat > "$dir/f.f90" << 'EOF'
program p
 call fill(0)
contains
 subroutine fill(n)
  integer, intent(in) :: n
  integer, pointer :: q
  nullify(q)
  q = n
 end subroutine
end program
EOF
if command -v gfortran > "$dir/path" && gfortran -g -o "$dir/f" "$dir/f.f90" 2> "$dir/err"; then
	(ulimit -c 0; timeout 60 "$dir/f" > "$dir/f.txt" 2>&1) 2> "$dir/err"
	want=$'killed by SIGSEGV\nin fill\nf.f90:8\nin main'
	read_back "a signal in a program of gfortran's" gfortran "$dir/f.txt"
else
	skip "a signal in a program of gfortran's" "gfortran is not installed"
fi

echo '#pragma clang __debug crash' > "$dir/crash.c"
if command -v clang > "$dir/path" && ! timeout 100 clang -fno-crash-diagnostics -c "$dir/crash.c" -o "$dir/o" \
	> "$dir/clang.txt" 2>&1 && grep -q '^Stack dump' "$dir/clang.txt"; then
	want=$'llvm::sys::PrintStackTrace(llvm::raw_ostream&, int)\ncc1_main\nProgram arguments: '
	read_back "the stack dump of clang" clang "$dir/clang.txt"
	timeout 100 env LLVM_DISABLE_SYMBOLIZATION=1 clang -fno-crash-diagnostics -c "$dir/crash.c" -o "$dir/o" \
		> "$dir/clang.txt" 2>&1
	want=$'llvm::sys::PrintStackTrace\nclang::Preprocessor::HandlePragmaDirective'
	read_back "the one without symbols" clang "$dir/clang.txt"
else
	skip "the stack dump of clang" "clang is not installed, or does not print one"
fi

if command -v node > "$dir/path"; then
	(ulimit -c 0; timeout 60 node -e 'function die() { process.abort() } die()' > "$dir/node.txt" 2>&1) 2> "$dir/err"
	if grep -q 'JavaScript stack trace' "$dir/node.txt"; then
		want=$'die\nnode:internal\nFunctionCallbackArguments::Call'
		read_back "both stacks of Node.js" node "$dir/node.txt"
	else
		skip "both stacks of Node.js" "this one prints none"
	fi
else
	skip "both stacks of Node.js" "it is not installed"
fi

if command -v perf > "$dir/path" && (cd "$dir" && timeout 60 perf record -q -e cpu-clock -F 20000 -g -o p.data \
	"$dir/sys" > out 2>&1 && timeout 60 perf script -i p.data > perf.txt 2> err && grep -q '+0x' perf.txt); then
	want=$'Thread\nkernel.kallsyms'
	read_back "the samples of perf script" perf "$dir/perf.txt"
	[ "$("$STK" trace "$dir/perf.txt" | grep -c '^[* ] *Thread')" = "$(grep -c ':[ 0-9]* cpu-clock' "$dir/perf.txt")" ]
	ok "each a stack" $?
else
	skip "the samples of perf script" "perf is not here, or may not record"
fi

# ---- addresses alone, and the file they are of ----

use=$(nm "$dir/sys" | awk '$3 == "use" { print $1 }')
code=$(readelf -lW "$dir/sys" | awk '$1 == "LOAD" && /R E/ { print $3, $5 }')
start=$((0x55d5c2f5d000 + ${code% *} / 4096 * 4096)) size=$(((${code#* } + 4095) / 4096 * 4096))
printf 'sys[812]: segfault at 13 ip %016x sp 00007ffd5a5c4d50 error 4 in sys[%x+%x] likely on CPU 1\n' \
	$((0x55d5c2f5d000 + 0x$use + 4)) $start $size > "$dir/segfault.txt"
want=$'killed by SIGSEGV: read of an address that is not mapped\nin use\nsys.c:6'
read_back "the kernel's line about a fault becomes function and line" gcc "$dir/segfault.txt" --exe "$dir/sys"
printf 'Segmentation fault on shard 3, in scheduling group main.\nBacktrace:\n  0x%x\n  0x%x\n' \
	$((0x$use + 5)) $((0x$(nm "$dir/sys" | awk '$3 == "say" { print $1 }') + 5)) > "$dir/seastar.txt"
want=$'in use\nin say\nsys.c:8'
read_back "so do the bare addresses of Seastar" gcc "$dir/seastar.txt" --exe "$dir/sys"
want=$'* Thread 1234\nin crash (inlined)\napp.h:3\n(guessed)'
read_back "the JSON of minidump-stackwalk" cat "$TOP/testdata/text/minidump/document.json"
finish

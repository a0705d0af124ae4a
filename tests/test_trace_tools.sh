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
finish

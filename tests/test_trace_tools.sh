#!/bin/bash
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
finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Go code of several modules in a process: plugins of a program, and C libraries with a runtime each.
# And a program that is never still: wherever it is stopped, its stacks are whole.
# GO_ALL=1: with every release that can be had; ONLY=WORD runs what has the word in its name.
set -u
cd "$(dirname "$0")/../.." || exit 1
TOP=$PWD
STK=${STK:-$TOP/build/stk}
dir=${FIXTURES:-$TOP/build/fixtures}/go-modes
src=$TOP/testdata/src/go
mkdir -p "$dir/bin"
export GOFLAGS=-buildvcs=false GOTOOLCHAIN=local LC_ALL=C
GO=go
. "$TOP/tests/go/toolchain.sh"
. "$TOP/tests/go/snapshot.sh"

# The program's goroutines are in its functions and in those of both plugins; a panic of one has its
# type's name. Without the file of a plugin its frames have no names, and none is lost.
plugins() { # RELEASE
	local v=$1 got want
	wanted "$v-plugins" && build "$v-host" plugins/host && build "$v-plug.so" plugins/plug -buildmode=plugin &&
		build "$v-other.so" plugins/other -buildmode=plugin || return
	snapshot "$v-plugins" "$dir/bin/$v-host" "$dir/bin/$v-other.so" "$dir/bin/$v-plug.so"
	addresses() { timeout 60 "$STK" core --no-inlines --level system --goroutines "$core" 2> /dev/null | grep -oE '^ *[0-9]+ +0x[0-9a-f]+'; }
	want=$(addresses)
	mv "$dir/bin/$v-plug.so" "$dir/bin/$v-gone.so"
	got=$(addresses)
	if [ -n "$want" ] && [ "$want" = "$got" ]; then pass; else fail "$v-plugins: a plugin is gone" "$(diff <(echo "$want") <(echo "$got"))"; fi
	mv "$dir/bin/$v-gone.so" "$dir/bin/$v-plug.so"
	rm -rf "$dir/core".* "$dir/crash" && mkdir "$dir/crash"
	{ (cd "$dir/crash" && ulimit -c unlimited && GOTRACEBACK=crash timeout 20 "../bin/$v-host" "../bin/$v-other.so" die > dump 2>&1); } 2> /dev/null
	for core in "$dir"/crash/core*; do :; done
	if [ ! -e "$core" ]; then
		skip "$v-plugins: no core (see /proc/sys/kernel/core_pattern)"
	elif [ "$(timeout 60 "$STK" core -f go "$core" 2> /dev/null | head -1)" = "$(grep -m1 ^panic: "$dir/crash/dump")" ]; then
		pass
	else
		fail "$v-plugins: a panic" "$(timeout 60 "$STK" core -f go "$core" 2>&1 | head -1)" "$(head -1 "$dir/crash/dump")"
	fi
	rm -rf "$dir/crash"
}

# Two runtimes: the goroutines of both, and the threads of C that called into either.
two() { # RELEASE
	local v=$1 f got pid try
	wanted "$v-two" && build "$v-one.so" shared -buildmode=c-shared || return
	cp "$dir/bin/$v-one.so" "$dir/bin/$v-two.so"
	if ! gcc -g -O1 -o "$dir/bin/two" "$src/plugins/two.c" -lpthread -ldl > "$dir/build.log" 2>&1; then
		skip "no C compiler"
		return
	fi
	"$dir/bin/two" "$dir/bin/$v-one.so" "$dir/bin/$v-two.so" > "$dir/out" 2>&1 &
	pid=$!
	for try in $(seq 100); do grep -q ready "$dir/out" && break; sleep 0.1; done
	timeout 60 "$STK" pid --max-pause 5000 --no-inlines $pid > "$dir/stk" 2> "$dir/stk.err"
	timeout 60 "$STK" info $pid > "$dir/info" 2> /dev/null
	kill -KILL $pid && wait $pid 2> /dev/null
	for f in 'main.Start.(func1|gowrap1)' c_thread; do
		got=$(awk -v f="in $f\n" 'BEGIN { RS = "" } $0 ~ f { n++ } END { print n + 0 }' "$dir/stk")
		if [ "$got" = 2 ]; then pass; else fail "$v-two: $got stacks with $f" "$(head -50 "$dir/stk")"; fi
	done
	stack "$v-two" c_thread 'main\.wait|Block|c_thread|start_thread' 'main.wait Block c_thread start_thread'
	if grep -q "runtime of: *$dir/bin/$v-two.so" "$dir/info"; then pass; else fail "$v-two: which runtimes" "$(cat "$dir/info")"; fi
}

# Stopped in loops, growing stacks, the vdso, the collector, C and back: all stacks begin where stacks
# begin.
restless() { # RELEASE
	local v=$1 pid try bad=
	wanted "$v-restless" && build "$v-restless" restless || return
	rm -f "$dir/in" && mkfifo "$dir/in"
	"$dir/bin/$v-restless" < "$dir/in" > "$dir/out" 2>&1 &
	pid=$!
	exec 3> "$dir/in" # it ends with its input
	for try in $(seq 100); do grep -q ready "$dir/out" && break; sleep 0.1; done
	for try in $(seq 20); do
		timeout 60 "$STK" pid --max-pause 5000 --no-inlines --level system $pid > "$dir/stk" 2> "$dir/stk.err"
		# On a busy machine a thread may not stop in time.
		grep -v 'thread-missed' "$dir/stk.err" > "$dir/warnings" && bad=$(cat "$dir/warnings") && break
		bad=$(awk 'BEGIN { RS = ""; FS = "\n" } /^[* ] (Goroutine|Thread) [0-9]/ {
			last = ""
			for (i = 2; i <= NF; i++) if ($i ~ /^ *[0-9]+ +0x/) { last = $i; sub(/.* in /, "", last); sub(/\(.*/, "", last) }
			if (last !~ /^(runtime\.(goexit|mstart|mcall|morestack|rt0_go|clone)|start_thread|__clone3?|clone3?|_start|)$/) print
		}' "$dir/stk")
		[ -z "$bad" ] || break
	done
	exec 3>&-
	kill -KILL $pid && wait $pid 2> /dev/null
	if [ -z "$bad" ] && grep -q ' in main.callsC' "$dir/stk"; then pass; else fail "$v-restless: a stack is not whole" "$bad"; fi
}

# Many goroutines of a running program: each is read, by far fewer calls than there are goroutines. In no
# time most are not, but how many there are is known, and why.
many() { # RELEASE
	local v=$1 n=20000 pid try got
	wanted "$v-many" && build "$v-many" many || return
	command -v jq > /dev/null || { skip "$v-many: no jq"; return; }
	rm -f "$dir/in" && mkfifo "$dir/in"
	"$dir/bin/$v-many" $n < "$dir/in" > "$dir/out" 2>&1 &
	pid=$!
	exec 3> "$dir/in"
	for try in $(seq 300); do grep -q ready "$dir/out" && break; sleep 0.1; done
	timeout 120 "$STK" pid --max-pause 20000 -f json --goroutines $pid > "$dir/json" 2> "$dir/stk.err"
	got="$? $(jq -r '[.tasks[] | select(.end == "root") | .frames[] | select(.func | startswith("main.(*server).")?) | .func]
		| group_by(.) | map("\(length) \(.[0])") | join(" ")' "$dir/json")"
	if [ "$got" = "0 5000 main.(*server).choose $n main.(*server).handle 5000 main.(*server).lock 5000 main.(*server).receive $n main.(*server).serve 5000 main.(*server).wait" ] &&
		[ ! -s "$dir/stk.err" ]; then pass; else fail "$v-many: all" "$got" "$(cat "$dir/stk.err")"; fi
	timeout 60 "$STK" pid --max-pause 1 $pid > "$dir/stk" 2> "$dir/stk.err"
	got="$? $(grep -oE '[0-9]+ goroutines' "$dir/stk" | head -1)"
	if [[ "$got" =~ ^1\ 200[0-9][0-9]\ goroutines$ ]] && grep -q 'was not copied before the end of the pause' "$dir/stk.err"; then
		pass
	else
		fail "$v-many: in no time" "$got" "$(cat "$dir/stk.err")"
	fi
	if command -v strace > /dev/null; then
		timeout 120 strace -f -c -e trace=process_vm_readv -o "$dir/calls" "$STK" pid --max-pause 60000 -g $pid > /dev/null 2>&1
		got=$(awk '$NF == "process_vm_readv" { print $4 }' "$dir/calls")
		if [ "$got" -gt 10 ] && [ "$got" -lt $((n / 10)) ]; then pass; else fail "$v-many: $got calls" "$(cat "$dir/calls")"; fi
	fi
	exec 3>&-
	kill -KILL $pid && wait $pid 2> /dev/null
}

command -v go > /dev/null && go version | grep -q 'go1\.[12]' || skip 'no go'
plugins own
two own
restless own
many own
for v in ${GO_ALL:+1.21 1.22 1.23 1.24 1.25 1.26 1.27}; do
	if ! why=$(go_toolchain $v 2>&1); then
		skip "$why"
		continue
	fi
	GO="go_with $v go"
	plugins $v
	two $v
	restless $v
	many $v
done
finish

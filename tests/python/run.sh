#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Python's frames as stk reads them from a core and from the running process, against what Python itself
# says (sys._current_frames): every function, file and line of every thread, for each release of Python
# that is here. programs.py tells what stands still and how.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
B=${B:-$top/build}
STK=${STK:-$B/stk}
out=$B/python
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
rm -rf "$out"
mkdir -p "$out"

for tool in python3 gdb jq; do
	command -v $tool > /dev/null || { echo "SKIP: there is no $tool"; exit 0; }
done

# The system's own first (stripped), then others of its kind, a release once.
pythons() {
	local seen=' ' p version
	for p in /usr/bin/python3 python3 python3.{8..20} $HOME/.pyenv/versions/*/bin/python3; do
		p=$(command -v "$p" 2> /dev/null) || continue
		version=$(timeout 20 "$p" -c 'import sys; print("%d.%d %s" % (sys.version_info[:2] + (sys.executable,)))' 2> /dev/null) || continue
		case ${version% *} in 2.* | 3.[0-7]) continue ;; esac
		case $seen in *" ${version% *} "*) continue ;; esac
		seen="$seen${version% *} "
		echo "${version% *} $p"
	done
}

frames() { # JSON: "TID FUNCTION FILE:LINE" of the threads that the truth is about
	jq -r '.tasks[] | .id as $id | .frames[] | select(.lang == "python") |
		"\($id) \(.func) \(.file):\(.line)"' |
		awk 'NR == FNR { known[$1] = 1; next } $1 in known' "$1" -
}

# Threads in the order of their ids; the frames of each stay in order.
by_thread() { sort -s -n -k 1,1 "$@"; }

# A frame that an anchor does not place is marked as a guess: none of these may be.
guessed() { jq -r '[.tasks[].frames[] | select(.how == "guess")] | length'; }

same() { # NAME TRUTH JSON
	by_thread "$2" > "$2.sorted"
	frames "$2" < "$3" | by_thread > "$3.frames"
	if ! [ -s "$2.sorted" ]; then
		echo "not ok - $1: Python said nothing"
	elif cmp -s "$2.sorted" "$3.frames" && [ "$(guessed < "$3")" = 0 ]; then
		echo "ok - $1: $(wc -l < "$2.sorted") frames"
	else
		echo "not ok - $1: $(guessed < "$3") guessed"
		diff "$2.sorted" "$3.frames" | head -10 | sed 's/^/# /'
	fi
}

one() { # VERSION PYTHON PROGRAM
	local name=$out/$1-$3 pid i
	: > "$name.said"
	"$2" "$here/programs.py" "$3" "$name.truth" > "$name.said" 2>&1 &
	pid=$!
	for ((i = 0; i < 900; i++)); do
		grep -q ready "$name.said" && break
		kill -0 $pid 2> /dev/null || break
		sleep 0.1
	done
	if ! grep -q ready "$name.said"; then
		kill -9 $pid 2> /dev/null
		wait $pid 2> /dev/null
		if grep -q ModuleNotFoundError "$name.said"; then
			echo "ok - $1 $3 # SKIP $(grep -o 'No module.*' "$name.said")"
		else
			echo "not ok - $1 $3: $(tail -1 "$name.said")"
		fi
		return
	fi
	"$STK" pid -q -f json --deep --max-pause 5000 $pid > "$name.live" 2> "$name.err"
	same "$1 $3, live" "$name.truth" "$name.live"
	if [ "$4" = core ]; then
		gdb -batch -nx -p $pid -ex "generate-core-file $name.core" > /dev/null 2>&1
		"$STK" core -q -f json "$name.core" > "$name.json" 2> "$name.err"
		same "$1 $3, core" "$name.truth" "$name.json"
		rm -f "$name.core"
	fi
	kill -9 $pid
	wait $pid 2> /dev/null
}

all=$(pythons)
newest=$(tail -n +2 <<< "$all" | sort -t. -k 2 -n | tail -1)

programs='plain callbacks generators coroutines recursion ctypes_callbacks handlers compiled classes names
	long_lines locks greenlets many'

# A crash in C below Python: what C did is the cause, and who called it stands below.
crash() { # VERSION PYTHON
	local core=$out/$1-crash.core text
	timeout 120 gdb -batch -nx -ex run -ex "generate-core-file $core" --args "$2" -c '
import ctypes
def reads(address):
    ctypes.string_at(address)
def main():
    reads(8)
main()' > /dev/null 2>&1
	text=$("$STK" core -q "$core" 2> /dev/null)
	rm -f "$core"
	if grep -q 'SIGSEGV' <<< "$text" && grep -A 3 '^[ 0-9]*  reads$' <<< "$text" | grep -q 'at <string>:4' &&
	   grep -q '^[ 0-9]*  main$' <<< "$text"; then
		echo "ok - $1: a crash in C, and the frames of Python below"
	else
		echo "not ok - $1: a crash in C"
		sed 's/^/# /' <<< "$text" | head -40
	fi
}

variables() { # VERSION PYTHON
	local pid said=$out/$1-variables.said got
	: > "$said"
	"$2" -u -c '
import time
def f(number, *rest, key=None, **more):
    text, wide, data = "it\x27s", "\u2603", b"a\x00"
    nothing, yes, real, big = None, True, 2.5, -10 ** 25
    some, one, table, group = [1, [2, [3]]], (1,), {"k": [1]}, {7}
    captured = 5
    def g():
        return captured
    print("ready")
    time.sleep(600)
f(1, 2, 3, key="v", x=4)' > "$said" 2>&1 &
	pid=$!
	for ((i = 0; i < 300; i++)); do grep -q ready "$said" && break; sleep 0.1; done
	got=$("$STK" pid -q -a -l --no-native --max-pause 5000 $pid 2> /dev/null | sed -n 's/^ *\([a-z]* = .*\)/\1/p' |
		grep -v '^g = ' | head -18)
	kill -9 $pid
	wait $pid 2> /dev/null
	if [ "$got" = "number = 1
key = 'v'
rest = (2, 3)
more = {'x': 4}
text = 'it\\'s'
wide = '☃'
data = b'a\\x00'
nothing = None
yes = True
real = 2.5
big = -10000000000000000000000000
some = [1, [2, [3]]]
one = (1,)
table = {'k': [1]}
group = {7}
captured = 5" ]; then
		echo "ok - $1: variables in words"
	else
		echo "not ok - $1: variables in words"
		sed 's/^/# /' <<< "$got"
	fi
}

# Cores of releases that are rarely here, reduced to notes and writable memory (shrink.py): without any
# file of theirs the frames are found all the same; they have no place among native ones then, so that
# all of them are marked.
mkdir -p "$out/nothing"
for frames in "$top"/testdata/python/*.frames; do
	version=$(basename "$frames" .frames)
	"$STK" core -q -f json --sysroot "$out/nothing" "${frames%.frames}.core.xz" > "$out/$version.json" 2> /dev/null
	if frames "$frames" < "$out/$version.json" | cmp -s - "$frames"; then
		echo "ok - $version, a core without its files: $(wc -l < "$frames") frames"
	else
		echo "not ok - $version, a core without its files"
		frames "$frames" < "$out/$version.json" | diff "$frames" - | head -10 | sed 's/^/# /'
	fi
done

first=1
while read -r version python; do
	[ "$version" ] || continue
	# The system's, and the newest besides; PYTHON_ALL=1: all that are here.
	[ $first = 1 ] || [ "${PYTHON_ALL:-}" ] || [ "$version $python" = "$newest" ] || continue
	for program in $programs; do
		# A core of each program once; other releases show that theirs is read, in two.
		case $first$program in 1* | ?plain | ?callbacks) kind=core ;; *) kind=live ;; esac
		one "$version" "$python" $program $kind
	done
	crash "$version" "$python"
	variables "$version" "$python"
	first=0
done <<< "$all"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Go programs that die with GOTRACEBACK=crash, in every way that testdata/src/go/die and diec know:
# what stk says of the core against what the runtime said. GO_ALL=1: all ways, with every
# release that can be had; ONLY=WORD runs what has the word in its name ("1.24 nested").
set -u
cd "$(dirname "$0")/../.." || exit 1
TOP=$PWD
STK=${STK:-$TOP/build/stk}
dir=${FIXTURES:-$TOP/build/fixtures}/go-deaths
src=$TOP/testdata/src/go
mkdir -p "$dir"
export GOFLAGS=-buildvcs=false GOTOOLCHAIN=local LC_ALL=C
. tests/go/toolchain.sh

sum() { echo "$(grep -c '^pass' "$dir/log") passed, $(grep -c '^not ok' "$dir/log") failed, $(grep -c '^SKIP' "$dir/log") skipped"; }

# Prints "pass", "not ok NAME" with what differs, or "SKIP: why".
death() { # RELEASE PROGRAM HOW
	local name="$1 $3" place=$dir/work/$1-$2-$3 core several= bad
	case "${ONLY:-}" in '') ;; *) [[ $name == *$ONLY* ]] || return ;; esac
	rm -rf "$place" && mkdir -p "$place" && cd "$place" || exit 1
	{ (ulimit -c unlimited && GOTRACEBACK=crash timeout 30 "$dir/$1-$2" "$3" > dump 2>&1); } 2> /dev/null
	sed -i '/^timeout: /d' dump
	for core in core*; do :; done
	if [ ! -e "$core" ]; then
		echo "SKIP: $name: no core (see /proc/sys/kernel/core_pattern): $(head -c 200 dump)"
		return
	fi
	timeout 60 "$STK" core -f go --level crash "$core" > stk 2> stk.err
	case $3 in map-*) several=1 ;; esac
	# What is no text is escaped, and NULs end nothing.
	[ "$3" = binary ] && sed -i 's/\x00/\\x00/; s/\x1b/\\x1b/; s/\xff/\\xff/' dump
	# The runtime's own count of its memory, long gone.
	[ "$3" = memory ] && sed -i 1d dump
	if ! bad=$(awk -v several=$several -f "$TOP/tests/go-deaths/compare.awk" dump stk); then
		printf 'not ok %s\n%s\n' "$name" "$(head -40 <<< "$bad" | sed 's/^/    /')"
	elif [ "$3" != overflow ] && [ -s stk.err ]; then
		printf 'not ok %s: warnings\n%s\n' "$name" "$(head -5 stk.err | sed 's/^/    /')"
	elif ! bad=$(stack "$2 $3" "$core"); then
		printf 'not ok %s: the stack\n    %s\n' "$name" "$bad"
	else
		echo pass
	fi
	cd "$dir" && rm -rf "$place"
}

# The stack of the one that died, Go and C in it, where it is worth a word: "want ... got ...".
stack() { # PROGRAM-HOW CORE
	local pattern='main\.(main|die|_C.*|goCallback)|c_.*|abort' want got
	case $1 in
	'die nil-read' | 'die deadlock' | 'die sleeping-chan' | 'die overflow') want='main.die main.main' ;;
	'diec c-fault') want='c_fault c_faults main._Cfunc_c_faults main.main' ;;
	'diec c-abort') want='abort c_aborts main._Cfunc_c_aborts main.main' ;;
	# The panic gave C's frames back, and the runtime overwrote them while it printed.
	'diec callback-panic' | 'diec callback-fault') want='main.goCallback main._Cfunc_c_calls main.main' ;;
	'diec callback-c-fault')
		want='c_fault c_faults main._Cfunc_c_faults main.goCallback c_calls main._Cfunc_c_calls main.main' ;;
	'diec callback-c-abort')
		want='abort c_aborts main._Cfunc_c_aborts main.goCallback c_calls main._Cfunc_c_calls main.main' ;;
	*) return 0 ;;
	esac
	got=$(timeout 60 "$STK" core --level single --no-inlines "$2" 2> /dev/null |
		awk '/^ *[0-9]+ +0x/ { print $4 }' | grep -xE "$pattern" | tr '\n' ' ')
	[ "$want" = "${got% }" ] || { echo "want $want got ${got% }"; return 1; }
}
# Tasks and their return addresses, all of them.
addresses() { # STK-ARGUMENTS...
	timeout 60 "$STK" core --no-inlines --level crash "$@" 2> /dev/null |
		awk '/^[* ] (Goroutine|Thread) [0-9]/ { print $1, $2, $3 } /^ *[0-9]+ +0x/ { print $2 }'
}

# The executable is gone: what it was called is lost with it, but no goroutine and no frame.
gone() { # RELEASE BUILDMODE
	local name="$1 executable gone, $2" place=$dir/work/$1-gone-$2 want got
	case "${ONLY:-}" in '') ;; *) [[ $name == *$ONLY* ]] || return ;; esac
	rm -rf "$place" && mkdir -p "$place" && cd "$place" || exit 1
	if ! program "$1" die 0 "-buildmode=$2" -o "$place/die" > skip; then
		cat skip
		return
	fi
	{ (ulimit -c unlimited && GOTRACEBACK=crash timeout 30 ./die nested > dump 2>&1); } 2> /dev/null
	for core in core*; do :; done
	if [ ! -e "$core" ]; then
		echo "SKIP: $name: no core (see /proc/sys/kernel/core_pattern)"
		return
	fi
	mv die elsewhere
	want=$(addresses elsewhere "$core")
	got=$(addresses "$core")
	if [ -z "$want" ] || [ "$want" != "$got" ]; then
		printf 'not ok %s\n%s\n' "$name" "$(diff <(echo "$want") <(echo "$got") | head -20 | sed 's/^/    /')"
	# Until 1.25 what is relocated was written to, and so is in the core.
	elif [ "$2" = exe ] && ! "$STK" core "$core" 2>&1 > /dev/null | grep -q 'followed by frame pointers'; then
		printf 'not ok %s: not said\n' "$name"
	else
		echo pass
	fi
	cd "$dir" && rm -rf "$place"
}

program() { # RELEASE PROGRAM CGO FLAGS...: builds it
	local go=(go) release=$1 program=$2 cgo=$3
	shift 3
	[ "$release" = own ] || go=(go_with "$release" go)
	(cd "$src" && CGO_ENABLED=$cgo "${go[@]}" build -o "$dir/$release-$program" "$@" "./$program") > "$dir/build.log" 2>&1 && return
	echo "SKIP: $release: $program cannot be built: $(grep -v '^#' "$dir/build.log" | head -1)"
	return 1
}
export -f death stack
export STK TOP dir

# All that the sources name.
every() {
	grep -ohE '^[[:space:]]*case "[a-z0-9-]*":|"[a-z0-9-]+": ' "$src/die/main.go" | grep -o '"[^"]*"' |
		tr -d '": ' | grep -vx 'goexit\|a' | sort -u
	echo init goexit
}

some='lines error float named-int nested again three goexit-panics nil-read bad-read nil-func index conversion deadlock
	goexit unlock map-writes overflow-limit threads signal sig-fpe init'
in_c='c-fault c-abort callback-panic callback-fault callback-c-fault callback-c-abort'

deaths() { # RELEASE WAYS...
	local release=$1 how
	shift
	gone "$release" exe
	[ -z "${GO_ALL:-}" ] || gone "$release" pie
	program "$release" die 0 && for how; do printf '%s\0%s\0%s\0' "$release" die "$how"; done >> "$dir/todo"
	program "$release" diec 1 && for how in $in_c; do printf '%s\0%s\0%s\0' "$release" diec "$how"; done >> "$dir/todo"
}

: > "$dir/todo"
: > "$dir/log"
if command -v go > /dev/null; then
	deaths own $(if [ -n "${GO_ALL:-}" ]; then every; else echo "$some"; fi)
else
	echo 'SKIP: no go'
fi > "$dir/log"
if [ -n "${GO_ALL:-}" ]; then
	for release in 1.21 1.22 1.23 1.24 1.25 1.26 1.27; do
		if ! why=$(go_toolchain $release 2>&1 > /dev/null); then
			echo "SKIP: $why"
		else
			deaths $release $(every)
		fi
	done >> "$dir/log"
fi
xargs -0 -n 3 -P "${JOBS:-2}" bash -c 'death "$@"' death < "$dir/todo" >> "$dir/log"
grep -v '^pass' "$dir/log"
rm -rf "$dir/work"
sum
! grep -q '^not ok' "$dir/log"

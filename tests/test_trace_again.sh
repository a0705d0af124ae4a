#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every core of the fixtures, printed in a format that can be read back and read back by stk trace,
# is the same again. What a format has no room for is made equal first: widths of addresses, why
# memory could not be read, names of signal frames. Told: B, STK, TOP, FIXTURES (tests/run.sh).
set -u
. "$TOP/tests/tap.sh"
cd "$dir" || exit 1

# What the format cannot tell of some fixtures.
lost() { # FORMAT NAME
	case $1:$2 in
	*:hostile-names) return 0 ;;           # bytes are shown escaped
	debug1:null-call* | debug1:handler-null-call | debug1:wild-call*) return 0 ;; # address 0 is no address
	pprof:go-386) return 0 ;; # it has where modules are, not the addresses that they are linked at
	pprof:go-panic-gone*) return 0 ;; # a profile has addresses of calls, a signal comes upon anything
	folded:*) [ "$(grep -c ';' once)" = 0 ] ;; # lines without a separator may be anything
	*) return 1 ;;
	esac
}

plain() { # FORMAT
	case $1 in
	go) sed -n '/^goroutine /,$p' | sed -E 's/^([a-z0-9_]+) +0x/\1 0x/' ;; # their names are padded
	delve) sed -n '/^[* ] [TG][ho]/,$p' |
		sed -E 's/0x0+/0x/; s/^( *[0-9]+  )0x in \(not/\1(not/; s/(memory at [^ ]* is not) .*/\1/' ;;
	pprof | folded) sed -E 's/<signal handler called>|__restore_rt|__kernel_(rt_)?sigreturn|runtime\.sigreturn/signal/g' | sort ;;
	*) cat ;;
	esac
}

# As JSON the two are the same, but for what the text has no place for: what it was read from, the
# bytes of modules and symbols (linkage, offsets of named functions, columns, paths of modules without
# names), how frames were found that no mark tells of, reasons for missing files and lines, what a
# frame is known to be by its module, where a stack loops, where unwinding ended below a gap that Go's
# own record of its stack goes on behind, that the marked goroutine crashed where the runtime let
# another thread die of the signal, waits under a minute, names of signals' trampolines, and
# addresses that are 0.
text_has='[.tasks[] | {kind, id, name, state, current,
	crashed: (if .kind == "goroutine" and (.signal | not) then null else .crashed end), locked, signal, labels,
	minutes: (.wait // 0 | . / 60000000000 | floor),
	created_by: (.created_by | if . then {id, func, file, line} else . end),
	end: (if .end == "root" then "text" else .end end), elided,
	end_address: (if .end == "loop" or .end == "root" then null else .end_address end),
	frames: [.frames[] | if .signal then {pc, signal} else
		{pc, func, file, line, inlined, forced, module: (if .func then null else .module // "" |
		sub(".*/"; "") end), offset: (if .func then null else .offset // "0x0" end),
		how: (if .how == "link" or .how == "guess" then .how else null end)} end]}]'

# Stacks with functions that only Go's tables tell to be hidden: what the compiler made to begin a
# goroutine with arguments has a name like a closure's (main.main.func1), and what cgo made to call
# either way a name like C's (_cgoexp_..., crosscall2, _cgo_try_pthread_create).
by_tables() { # NAME
	case $1 in
	ingest | go-blocked | go-helpers | go-cgo-*) return 0 ;;
	*) return 1 ;;
	esac
}

# Printed at the default level and compared with the core, nothing is new and nothing is gone.
compare() { # NAME CORE
	"$STK" core -q "$2" > own.txt 2> err
	[ $? -le 1 ] || return 0
	[ "$1" = hostile-names ] && return 0 # bytes are shown escaped
	by_tables "$1" ||
		! "$STK" diff "$2" own.txt 2> err | grep -E '^(new|gone|grown|shrunk|changed)' || return 1
	"$STK" core -q -f json "$2" 2> err | jq "$text_has" > want
	"$STK" trace -q -f json own.txt 2> err | jq "$text_has" > got
	cmp -s want got || {
		diff want got | head -12 | cut -c1-200
		return 1
	}
}

check() { # NAME CORE
	local format level shown differing=
	for format in json jsonl go debug1 delve folded pprof; do
		level=crash shown=$format
		[ $format = delve ] && level=system
		[ $format = pprof ] && shown=folded
		"$STK" core -q --level $level -f $format "$2" > once 2> err
		[ $? -le 1 ] || continue
		lost $format "$1" && continue
		"$STK" trace -q --level $level -f $shown once > twice 2> err
		[ $format = pprof ] && "$STK" core -q --level $level -f folded "$2" > once 2> err
		plain $format < once > want
		plain $format < twice > got
		cmp -s want got || {
			differing="$differing $format"
			diff want got | head -6 | cut -c1-200
		}
	done
	compare "$1" "$2" || differing="$differing diff"
	[ -z "$differing" ]
	ok "$1$differing" $?
}

names=$("$TOP/tests/fixtures.sh" list)
"$TOP/tests/fixtures.sh" build $names > built 2>&1 || { cat built; failed=1; }
for name in $names; do
	core=$FIXTURES/$name/core
	[ -s "$core" ] && check "$name" "$core"
done
finish

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

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs test programs in parallel and sums them up.
#
#	tests/run.sh BUILD TEST...
#
# TEST is a program (a unit test, a script) or a file of command-line cases (*.test). Each prints
# TAP ("ok ...", "not ok ...", "ok ... # SKIP why"), or ends in a line "N passed, N failed, N
# skipped"; one that prints neither counts as one test, and so does dying. Told to each: B (the
# build), STK (the program), FIXTURES, TOP. Where CHECK_SUM names a file, the sums are added to it.
set -u
cd "$(dirname "$0")/.." || exit 1
TOP=$PWD
B=$(mkdir -p "$1" && cd "$1" && pwd)
shift
STK=$B/stk
FIXTURES=${FIXTURES:-$B/fixtures}
logs=$B/logs
export TOP B STK FIXTURES logs
export CMOCKA_MESSAGE_OUTPUT=TAP LC_ALL=C TZ=UTC0
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
unset NO_COLOR CLICOLOR_FORCE DEBUGINFOD_URLS
mkdir -p "$logs"

one() { # TEST: prints "PASSED FAILED SKIPPED" to its log.sum, and what went wrong
	local name log status sums
	name=${1##*tests/}
	log=$logs/$(tr / _ <<< "$name")
	# For what hangs: the slowest takes some minutes of an idle machine.
	case $1 in
	*.test) timeout -k 5 1800 tests/cli/run "$1" ;;
	*/fuzz_*) timeout -k 5 1800 "$1" testdata ;;
	*) timeout -k 5 1800 "$1" ;;
	esac > "$log" 2>&1 < /dev/null
	status=$?
	sums=$(awk -v status=$status '
		/^[0-9]+ passed, [0-9]+ failed/ { said = 1; p = $1; f = $3; s = $5 + 0; next }
		/^(not )?ok .*# [Ss][Kk][Ii][Pp]/ { ts++; next }
		/^ok / { tp++ }
		/^not ok / { tf++ }
		/^SKIP: / { skip++ }
		END {
			if (!said) { p = tp + 0; f = tf + 0; s = ts + 0 }
			if (!said && p + f + s == 0) {
				if (status != 0) f = 1; else if (skip) s = 1; else p = 1
			}
			if (status != 0 && f == 0) f = 1
			print p, f, s
		}' "$log")
	echo "$sums" > "$log.sum"
	set -- $sums
	if [ "$2" != 0 ]; then
		printf 'FAIL %s: %d passed, %d failed' "$name" "$1" "$2"
		[ $status = 124 ] && printf ' (ran out of time)'
		printf ' (%s)\n' "${log#"$TOP"/}"
		grep -v '^ok ' "$log" | head -60 | sed 's/^/    /'
	else
		printf 'ok   %s: %d' "$name" "$1"
		[ "$3" != 0 ] && printf ', %d skipped' "$3"
		printf '\n'
		grep -E '^SKIP: |# SKIP' "$log" | sort | uniq -c |
			awk '{ n = $1; $1 = ""; print "    " $0 (n > 1 ? " (" n " times)" : "") }'
	fi
}
export -f one

rm -f "$logs"/*.sum
[ $# = 0 ] || printf '%s\0' "$@" | xargs -0 -P "${JOBS:-$(nproc)}" -I{} bash -c 'one "$1"' one {}
cat "$logs"/*.sum 2>/dev/null | tee -a "${CHECK_SUM:-/dev/null}" |
	awk '{ p += $1; f += $2; s += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }'

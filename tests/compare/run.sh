#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compares what stk and gdb say of the same cores: every thread, function, file and line, inlined
# calls included.
#
#	tests/compare/run.sh [FIXTURE...]     all that gdb can read, unless named
#
# The two lists of frames are brought to one form (plain.awk) and held against each other. A
# difference is a failure unless the table `explained` says which of the two is right, and why; an
# explanation that nothing needs is a failure too, but for "not of every compiler". What was compared stays in $B/compare.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
B=${B:-$top/build}
FIXTURES=${FIXTURES:-$B/fixtures}
LC_ALL=C
export LC_ALL B FIXTURES
work=$B/compare
explained=$here/explained

from_gdb() { # EXE CORE
	timeout 600 gdb -batch -nx -ex 'set width 0' -ex 'set print frame-arguments presence' \
		-ex 'set backtrace past-main on' -ex 'set backtrace past-entry on' \
		-ex "set debug-file-directory $PWD/debug:/usr/lib/debug" \
		-ex "file $1" -ex "core-file $2" -ex 'thread apply all bt' 2> /dev/null
}

# Every difference line against the table; prints those that nobody explains.
unexplained() { # NAME DIFF
	awk -F '\t' -v name="$1" -v used="$work/$1.used" '
	function glob(g) { gsub(/\*/, ".*", g); return "^(" g ")$" }
	FNR == NR {
		if ($0 !~ /^#/ && NF >= 4 && name ~ glob($1)) {
			side[++n] = $2; frame[n] = $3; line[n] = FNR
		}
		next
	}
	/^[<>] / {
		who = substr($0, 1, 1) == "<" ? "gdb" : "stk"
		text = substr($0, 3)
		sub(/^[0-9]+ /, "", text)
		for (i = 1; i <= n; i++)
			if (side[i] == who && text ~ ("^(" frame[i] ")$")) {
				print line[i] >> used
				next
			}
		print "\t" who " only: " text
	}
	' "$explained" "$2"
}

compare() { # NAME
	out=$work/$1
	rm -f "$out.used"
	if [ -f "$FIXTURES/$1/skipped" ]; then
		echo "ok - $1 # SKIP $(cat "$FIXTURES/$1/skipped")"
		return
	fi
	cd "$FIXTURES/$1" || return
	for exe in "$1" threads threads-static moved-away ../threads/threads; do
		[ -f "$exe" ] && break
	done
	from_gdb "$exe" core > "$out.gdb"
	timeout 300 "$work/frames" "$exe" core "$PWD/debug" > "$out.stk" 2> "$out.errors"
	for who in gdb stk; do
		awk -v from=$who -f "$here/plain.awk" "$out.$who" | sort -s -n -k 1,1 > "$out.$who.plain"
	done
	diff "$out.gdb.plain" "$out.stk.plain" > "$out.diff"
	unexplained "$1" "$out.diff" > "$out.unexplained"
	agree=$(($(wc -l < "$out.gdb.plain") - $(grep -c '^<' "$out.diff")))
	differ=$(grep -c '^[<>]' "$out.diff")
	if [ -s "$out.unexplained" ] || [ ! -s "$out.stk" ] || [ ! -s "$out.gdb.plain" ]; then
		echo "not ok - $1: $agree frames agree, not these: $(cat "$out.errors")"
		sed 60q "$out.unexplained"
	else
		echo "ok - $1: $agree frames agree, $differ differences explained"
	fi
}

if [ "${1:-}" = --one ]; then
	compare "$2"
	exit
fi
command -v gdb > /dev/null || { echo 'SKIP: there is no gdb'; exit 0; }
mkdir -p "$work"
everything=
if [ $# = 0 ]; then
	everything=yes
	# Not what is of another machine (Debian's gdb knows only this one), and not what gdb cannot make
	# sense of: the command-line cases hold these against the whole core. words-go leaves none; without symbols (ingest) gdb knows
	# nothing of Go. Of owner-freebsd's notes stk takes none, and go-bounds holds variants of
	# go-panic's core, none of them named core. The threads of demo are where
	# they happen to be.
	set -- $("$top/tests/fixtures.sh" list | grep -Ev \
		'aarch64|^(demo|truncated-.*|not-empty-not-core|empty|directory|executable|packed|wrong-machine|no-auxv|tid-.*|no-file-pages|filesz-zero|no-anonymous|owner-freebsd|go-bounds|inlines-c-split-lost|words-go|ingest)$')
fi
"$top/tests/fixtures.sh" build "$@" > "$work/build" || exit 1
# Linked as the program was: its libraries, and its sanitizers if any, stand in $B/flags.
${CC:-cc} -std=c99 -Wall -O1 -I"$top/lib/include" -o "$work/frames" "$here/frames.c" "$B/libstk.a" \
	$(tr ' ' '\n' < "$B/flags" | grep -E '^-l|^-fsanitize=') -pthread || exit 1
printf '%s\n' "$@" | xargs -P "${JOBS:-4}" -n 1 "$0" --one
[ -n "$everything" ] || exit 0
# A fixture that was skipped leaves its explanations in peace.
cat /dev/null "$work"/*.used | awk -F '\t' -v skipped="$(cd "$FIXTURES" && ls */skipped 2> /dev/null)" '
	FNR == NR { used[$1]; next }
	/^#/ || NF < 4 || FNR in used || /; not of every compiler$/ { next }
	skipped == "" { print "not ok - explained:" FNR ": nothing needs this: " $0 }' - "$explained"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds the two ways over a stack against each other in every core: by rules, and by libdwfl alone.
# Registers, ends and all must be the same.
#
#	tests/unwind/run.sh [FIXTURE...]     all, unless named
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
B=${B:-$top/build}
FIXTURES=${FIXTURES:-$B/fixtures}
export B FIXTURES
work=$B/unwind

hold() { # NAME
	cd "$FIXTURES/$1" || return
	if [ -f skipped ]; then
		echo "ok - $1 # SKIP $(cat skipped)"
		return
	fi
	exe=$1
	[ -f "$exe" ] || exe=
	if said=$(timeout 300 "$work/ways" core $exe 2>&1); then
		echo "ok - $1: $said"
	else
		echo "not ok - $1: $said"
	fi
}

if [ "${1:-}" = --one ]; then
	hold "$2"
	exit
fi
mkdir -p "$work"
everything=
[ $# != 0 ] || everything=yes
# Of signed return addresses libdwfl knows from 0.192 on.
[ $# != 0 ] || set -- $("$top/tests/fixtures.sh" list | grep -Ev '^bench-|-signed$')
"$top/tests/fixtures.sh" build "$@" > "$work/build" || exit 1
# Private names too; libraries and sanitizers as the program has them.
${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -O1 -g -I"$top/lib" -I"$top/lib/include" -o "$work/ways" \
	"$here/ways.c" "$B/objects.a" $(tr ' ' '\n' < "$B/flags" | grep -E '^-l|^-fsanitize=') \
	-pthread || exit 1
printf '%s\n' "$@" | xargs -P "${JOBS:-4}" -n 1 "$0" --one > "$work/said"
cat "$work/said"
[ -n "$everything" ] || exit 0
# That would hold of nothing, too.
awk '/^ok/ && NF == 5 { all += $(NF - 1); plain += $NF }
	END {
		print (all > 10000 && plain > all / 2 ? "ok" : "not ok") " - of " all " frames " plain " by rules"
	}' "$work/said"

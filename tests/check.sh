#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make check: everything, and one closing line with the sums.
# check.sh BUILD MAKE: builds with the usual compiler, clang and the sanitizers, and runs the tests.
set -u
B=$1
make=$2
sum=$B/check.sum
mkdir -p "$B"
: > "$sum"
export CHECK_SUM=$PWD/$sum
FIXTURES=$PWD/$B/fixtures
case $B in /*) CHECK_SUM=$sum FIXTURES=$B/fixtures ;; esac
export FIXTURES

say() { printf '\n== %s\n' "$*"; }
count() { # PASSED FAILED SKIPPED
	echo "$*" >> "$CHECK_SUM"
}
jobs=$(nproc 2>/dev/null || echo 2)

say "build with ${CC:-cc}"
if $make -j"$jobs" -s check-build B="$B"; then count 1 0 0; else count 0 1 0; fi

say 'build with clang'
if command -v clang > /dev/null; then
	if $make -j"$jobs" -s all B="$B-clang" CC=clang; then count 1 0 0; else count 0 1 0; fi
else
	echo 'SKIP: there is no clang'
	count 0 0 1
fi

say 'tests'
$make -s check-run B="$B" RUN_ALL=1

say 'tests under ASan and UBSan'
if $make -j"$jobs" -s check-build B="$B-asan" SANITIZE=address,undefined; then
	count 1 0 0
	$make -s check-run B="$B-asan" SANITIZE=address,undefined UPDATE=
else
	count 0 1 0
fi

awk '{ p += $1; f += $2; s += $3 }
	END { printf "\n%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 || p == 0 }' "$CHECK_SUM"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make demo: a threaded program crashes, and stk prints what all its threads were doing.
set -eu
B=$1
dir=$B/demo
mkdir -p "$dir"
cp testdata/src/demo.c "$dir/"
cd "$dir"
rm -f core core.*
run() { echo "\$ $*"; "$@"; }
run ${CC:-cc} -O2 -g -pthread -o demo demo.c
ulimit -c unlimited 2>/dev/null || true
case $(cat /proc/sys/kernel/core_pattern) in
'|'* | /*)
	echo '$ ./demo    (under gdb: the kernel sends cores elsewhere here)'
	gdb -batch -nx -ex run -ex 'gcore core' -ex kill ./demo > gdb.output 2>&1 < /dev/null || true
	;;
*)
	echo '$ ./demo'
	{ ./demo; } 2>&1 | cat || true
	;;
esac
for c in core core.*; do
	[ -f "$c" ] && core=$c
done
[ -n "${core:-}" ] || { echo 'stk: no core was written (see core(5))' >&2; exit 1; }
echo "\$ stk core ./demo $core"
exec ../stk core ./demo "$core"

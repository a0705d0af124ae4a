#!/bin/bash
# Reads and groups a dump of 100,000 goroutines (176 MB) on one core: time, rate, memory beyond the
# file; and what panicparse needs for the same bytes, of which it is given a piece, because it
# needs minutes for the whole.
#
#	tests/bench/bench_trace.sh BUILD
set -eu
cd "$(dirname "$0")/../.."
B=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

measure() { # NAME FILE COMMAND...: seconds of CPU, MB/s, KiB beyond the file
	local name=$1 file=$2 size cpu peak
	shift 2
	size=$(stat -c %s "$file")
	/usr/bin/time -o "$dir/time" -f "%U %S %M" taskset -c 0 timeout 300 "$@" < "$file" > "$dir/out" 2> "$dir/err" || {
		echo "SKIP: $name failed"
		return 0
	}
	read -r cpu peak < <(awk '{ print $1 + $2 + 0.001, $3 }' "$dir/time")
	awk -v name="$name" -v size="$size" -v cpu="$cpu" -v peak="$peak" 'BEGIN {
		printf "%-28s %6.0f MB %8.2f s %8.0f MB/s %8.1f %% of the file beyond it\n", name,
			size / 1e6, cpu, size / 1e6 / cpu, (peak * 1024 - size) * 100 / size }'
}

${CC:-cc} -O2 -o "$dir/godump" tests/bench/godump.c
"$dir/godump" > "$dir/dump.txt"
head -c 8000000 "$dir/dump.txt" > "$dir/piece.txt"
measure "stk trace -g" "$dir/dump.txt" "$B/stk" trace -g "$dir/dump.txt"
measure "stk trace -g, 8 MB" "$dir/piece.txt" "$B/stk" trace -g "$dir/piece.txt"
if command -v panicparse > "$dir/path"; then
	measure "panicparse, 8 MB" "$dir/piece.txt" panicparse
else
	echo "SKIP: panicparse is not installed"
fi

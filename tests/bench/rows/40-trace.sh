# SPDX-License-Identifier: Apache-2.0
# A dump of 100,000 goroutines as text, on one core.

${CC:-cc} -O2 -Wall -o "$B/bench/godump" tests/bench/godump.c || exit 1
dump=$B/bench/goroutines.txt
"$B/bench/godump" > "$dump"
size=$(stat -c %s "$dump")
what="$((size / 1000000)) MB of goroutines"
measure 7 taskset -c 0 "$stk" trace -g "$dump"
row "$what" stk 'read and grouped'
reach_least "$what: rate" "$(calc "$size / 1000 / $best")" 500 MB/s
reach "$what: memory beside the file" "$private" "$(calc "$size / 1048576 / 10" 1)" MiB
if have panicparse; then
	# The whole takes it minutes.
	head -c 8000000 "$dump" > "$dump.piece"
	measure 3 "$stk" trace -g "$dump.piece"
	row '8 MB of goroutines' stk
	ours=$best
	measure 3 panicparse "$dump.piece"
	row '8 MB of goroutines' panicparse
	ratio '8 MB of goroutines: faster than panicparse' "$ours" "$best"
fi
rm -f "$dump" "$dump.piece"

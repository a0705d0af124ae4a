# SPDX-License-Identifier: Apache-2.0
# What grouping and printing cost beyond reading: made-up dumps of 100,000 goroutines with 6 to 15
# frames (bench_outputs.c). 4 kinds of stacks are what a server has; 100,000 the worst there is.

outputs=$B/bench/outputs
if ${CC:-cc} -O2 -D_GNU_SOURCE -Ilib -o "$outputs" tests/bench/bench_outputs.c "$B/objects.a" ${LIBS:-}; then
	for kinds in 4 1000 100000; do
		printf '100,000 tasks, %s kinds of stacks\n' "$kinds"
		"$outputs" 100000 "$kinds" delve go group debug1 folded goroutines json | sed 's/^/  /'
	done
	ms() { # FORMAT: the best of five
		for _ in 1 2 3 4 5; do
			"$outputs" 100000 4 "$1" | sed 's/.*: \([0-9.]*\) ms.*/\1/'
		done | sort -n | head -1
	}
	for format in group delve go goroutines; do
		reach "100,000 tasks, 4 kinds: $format" "$(ms $format)" 50 ms
	done
	reach "100,000 tasks, 4 kinds: json" "$(ms json)" 1000 ms
else
	echo "SKIP: bench_outputs cannot be linked (make bench sets LIBS)"
fi

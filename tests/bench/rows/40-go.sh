# SPDX-License-Identifier: Apache-2.0
# Cores of Go programs with many goroutines in four kinds of waits, beside Delve.

# The core of `many COUNT` in $dir/go/many-COUNT.core, made once.
many_goroutines() { # COUNT
	local place=$FIXTURES/go pid try
	exe=$place/bin/many core=$place/many-$1.core
	have go && have gcore || return 1
	mkdir -p "$place/bin"
	(cd testdata/src/go && go build -buildvcs=false -o "$exe" ./many) || return 1
	[ -s "$core" ] && [ "$core" -nt "$exe" ] && return
	"$exe" "$1" > "$place/many.out" 2> /dev/null &
	pid=$!
	for try in $(seq 200); do grep -q ready "$place/many.out" && break; sleep 0.1; done
	timeout 120 gcore -o "$place/many" "$pid" > /dev/null 2>&1
	{ kill -KILL $pid; wait $pid; } 2> /dev/null
	mv "$place/many.$pid" "$core" || { echo "SKIP: gcore made no core of $1 goroutines"; return 1; }
}

if many_goroutines 10000; then
	what='10,000 goroutines, listed'
	measure 11 "$stk" goroutines "$exe" "$core"
	row "$what" stk
	reach "$what" "$best" 30 ms
fi

if many_goroutines 100000; then
	what='100,000 goroutines'
	measure 5 "$stk" core "$exe" "$core"
	row "$what, all stacks" stk
	stacks=$best
	measure 5 "$stk" core -f go "$exe" "$core"
	row "$what, -f go" stk
	measure 5 "$stk" core -g "$exe" "$core"
	row "$what, grouped" stk
	grouped=$best grouped_peak=$peak
	if have dlv; then
		printf 'goroutines -t 50\nexit\n' > "$B/bench/dlv.cmd"
		measure 1 dlv core "$exe" "$core" --init "$B/bench/dlv.cmd" \
			--allow-non-terminal-interactive=true --check-go-version=false
		row "$what" dlv "'goroutines -t 50'"
		reach_least "$what, all stacks: faster than dlv" "$(calc "$best / $stacks")" 100 times
		reach_least "$what, grouped: faster than dlv" "$(calc "$best / $grouped")" 200 times
		reach "$what, grouped: memory" "$(calc "$grouped_peak * 100 / $peak")" 25 "% of dlv's"
	fi
fi

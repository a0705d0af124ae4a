#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the installed Delve prints of a core, read by stk trace, has the goroutines, states, addresses
# and functions that stk itself finds in the core. Told: B, STK, TOP, FIXTURES (tests/run.sh).
set -u
. "$TOP/tests/tap.sh"
cd "$dir" || exit 1

if ! command -v dlv > path; then
	skip "goroutines of Delve" "dlv is not installed"
	finish
fi
export HOME=$dir
printf 'goroutines -l -t 60\nquit\n' > init

# "ID [STATE] PC FUNC ..." of the goroutines that wait. Delve loses the frames around a signal, and
# stk knows more of a state than Delve does ("locked to thread").
waiting() {
	awk '
	/^[* ] Goroutine / {
		if (line && on) print line
		line = $0
		on = !/\(thread/
		sub(/^..Goroutine /, "", line)
		sub(/, [^]]*\]/, "]", line)
		sub(/ \[runnable\]/, "", line) # which Delve does not say
	}
	/^ *[0-9]+  0x/ {
		name = $0
		sub(/^ *[0-9]+  /, "", name)
		sub(/ \(inlined\)$/, "", name)
		line = line " " name
	}
	END { if (line && on) print line }' | sort
}

compare() { # NAME EXE CORE
	timeout 100 dlv core "$2" "$3" --init init --allow-non-terminal-interactive=true \
		< /dev/null > dlv.txt 2> err
	if ! tr -d '\t' < dlv.txt | grep -q '^ *0  0x'; then
		skip "$1" "Delve cannot read this core: $(head -1 err)"
		return
	fi
	"$STK" trace -q --level system dlv.txt > text
	waiting < text > got
	"$STK" core -q --level system --goroutines "$3" > all
	sed -E '/^ *[0-9]+  0x/ { s/ \(inlined\)$//; s/\([^()*]*\)$// }' all | waiting > want
	[ -s want ] && diff want got > diff
	status=$?
	ok "goroutines of Delve: $1, $(wc -l < want) that wait" $status
	head -c 2000 diff
}

for name in go-panic values-go; do
	core=$("$TOP/tests/fixtures.sh" path $name 2> err) || {
		skip "$name" "there is no fixture: $(head -1 err)"
		continue
	}
	compare $name "$core/$name" "$core/core"
done

cat > many.go <<'GO'
package main

import (
	"context"
	"runtime/pprof"
	"sync"
	"time"
)

type box[T any] struct{ c chan T }

func (b *box[T]) take(n int) T {
	if n > 0 {
		return b.take(n - 1)
	}
	return <-b.c
}

func main() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	mu.Lock()
	wg.Add(1)
	b := &box[int]{make(chan int)}
	for i := 0; i < 5; i++ {
		go b.take(i)
		go func() { mu.Lock() }()
		go wg.Wait()
		go time.Sleep(time.Hour)
		go pprof.Do(context.Background(), pprof.Labels("job", "in gest", "shard", "7"), func(context.Context) { select {} })
	}
	time.Sleep(50 * time.Millisecond)
	panic("enough")
}
GO
export GOCACHE=$dir/cache GOFLAGS=-mod=mod GO111MODULE=off GOTOOLCHAIN=local
if go build -o many many.go 2> err; then
	(ulimit -c unlimited; GOTRACEBACK=crash ./many 2> output) 2> err
	core=$(ls -d core* 2> err)
	if [ -n "$core" ]; then
		compare many ./many "$core"
		[ "$(grep -c 'labels: .*job.*in gest.*shard' all)" = "$(grep -c 'labels: .*job.*in gest.*shard' text)" ] &&
			grep -q 'shard' text
		ok "and their labels" $?
	else
		skip many "the kernel writes no core here"
	fi
else
	skip many "go cannot build it: $(head -1 err)"
fi
finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the installed Go really prints, read by stk trace and written again: the same text.
# Told: B, STK, TOP (tests/run.sh).
set -u
. "$TOP/tests/tap.sh"
cd "$dir" || exit 1

if ! command -v go > path; then
	skip "Go's own traces" "go is not installed"
	finish
fi
export HOME=$dir GOCACHE=${GOCACHE:-$dir/cache} GOFLAGS=-mod=mod GO111MODULE=off GOTOOLCHAIN=local

cat > dump.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"
)

type T struct{ a, b int }

//go:noinline
func (t *T) wait(c chan int, s string, v T) int {
	return <-c + len(s) + v.a
}

func deep(n int, c chan int) int {
	if n == 0 {
		return <-c
	}
	return deep(n-1, c) + 1
}

func Generic[V any](c chan V) V { return <-c }

func start(c chan int) {
	for i := 0; i < 3; i++ {
		go (&T{}).wait(c, "text", T{1, 2})
	}
	go deep(200, c)
	go Generic(c)
	go func() { var m sync.Mutex; m.Lock(); m.Lock() }()
	go func() { runtime.LockOSThread(); select {} }()
	go func() { pprof.Do(context.Background(), pprof.Labels("job", "in gest", "n", "1"),
		func(context.Context) { <-c }) }()
	time.Sleep(50 * time.Millisecond)
}

func main() {
	start(make(chan int))
	switch os.Args[1] {
	case "panic":
		defer func() { panic(fmt.Sprint("again: ", recover())) }()
		panic("boom\ntwo lines")
	case "error":
		var t *T
		fmt.Println(t.a)
	case "fatal":
		var m sync.Mutex
		m.Unlock()
	case "quit":
		syscall.Kill(os.Getpid(), syscall.SIGQUIT)
		time.Sleep(time.Second)
	case "stack":
		debug.PrintStack()
	default:
		pprof.Lookup("goroutine").WriteTo(os.Stderr, int(os.Args[1][0]-'0'))
	}
}
GO
cat > race.go <<'GO'
package main

import "time"

var shared int

func main() {
	go func() { shared++ }()
	shared++
	time.Sleep(10 * time.Millisecond)
}
GO
if ! go build -o dump dump.go 2> build.err; then
	skip "Go's own traces" "go cannot build here: $(head -1 build.err)"
	finish
fi

# What stands around the goroutines is not written again: registers, exit status.
goroutines() {
	awk '/^goroutine [0-9]+ /,0' "$1" | sed '/^rax /,$d;/^exit status/d'
}

for what in panic error fatal stack 2; do
	for traceback in all system; do
		GOTRACEBACK=$traceback ./dump $what 2> text
		goroutines text > want
		"$STK" trace -f go --level crash text > out 2> err
		status=$?
		goroutines out | diff want - > diff
		same=$?
		ok "$what with GOTRACEBACK=$traceback comes back as it was" $((status + same))
		[ $same = 0 ] || head -20 diff
		[ $status = 0 ] || cat err
	done
done

./dump quit 2> text
"$STK" trace -f json --level crash text > out.json
grep -q '"signal_name":"SIGQUIT"' out.json
ok "SIGQUIT is the cause of its dump" $?
[ "$(grep -c '^goroutine ' text)" = "$(grep -c '^{"kind":' out.json)" ]
ok "every goroutine of a SIGQUIT dump is there" $?
grep -q '"regs":{"rax":' out.json
ok "and the registers" $?

./dump 1 2> text
"$STK" trace -f debug1 --level crash text > out
diff <(grep '^[0-9]* @' text | sort) <(grep '^[0-9]* @' out | sort) > diff
ok "debug=1 comes back with the same addresses" $?
diff <(grep -P '^#\t.*\t.*:' text | sort | uniq) <(grep -P '^#\t.*\t.*:' out | sort | uniq) >> diff
ok "and the same functions" $?
head -10 diff

sed 's/^#\t\(0x[0-9a-f]*\)\t.*/#\t\1/' text > nameless
"$STK" trace -f folded --level crash --exe ./dump nameless > out
grep -q 'main.start.func[0-9.]*;.*runtime.gopark 1$' out && grep -q '^runtime.goexit;main.(\*T).wait;runtime.chanrecv1;.* 3$' out
ok "--exe names what a profile leaves nameless" $?

./dump 0 2> profile.gz
"$STK" trace -f folded --level crash profile.gz | sort > out
go tool pprof -raw profile.gz > raw 2> err
total=$(awk '/^Samples:/ { on = 1 } /^Locations/ { on = 0 } on && /^ *[0-9]+:/ { n += $1 } END { print n + 0 }' raw)
[ "$total" = "$(awk '{ n += $NF } END { print n + 0 }' out)" ] && [ "$total" != 0 ]
ok "the protobuf has as many goroutines as go tool pprof sees" $?

if go build -race -o race race.go 2> build.err; then
	./race 2> text
	"$STK" trace text > out
	grep -q 'WARNING: DATA RACE' out && grep -q 'by goroutine' out && grep -q 'main.main' out
	ok "a race report" $?
else
	skip "a race report" "go build -race: $(head -1 build.err)"
fi
finish

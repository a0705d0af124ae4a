// As ../busy, with C: wherever it is stopped, every stack is whole. Loops that are
// preempted, stacks that grow and shrink, the vdso, the collector stopping the world, system calls,
// C and back.
package main

/*
#include <unistd.h>

extern int goBack(int n);

static __attribute__((noinline)) int c_down(int n) { int r = n > 0 ? goBack(n - 1) : 0; __asm__ volatile("" : "+r"(r)); return r + 1; }
static __attribute__((noinline)) int c_spin(int n) { volatile int i, s = 0; for (i = 0; i < n; i++) s += i; return s; }
*/
import "C"

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

var sink int

//export goBack
func goBack(n C.int) C.int { return C.c_down(n) }

//go:noinline
func spin() {
	for i := 0; ; i++ {
		sink += i
	}
}

//go:noinline
func clock() {
	for {
		sink += int(time.Since(time.Time{}))
	}
}

//go:noinline
func grow(n int) int {
	var room [64]int
	if n == 0 {
		return 0
	}
	room[n%64] = grow(n - 1)
	return room[n%64] + 1
}

//go:noinline
func grows() {
	for {
		done := make(chan int)
		go func() { done <- grow(1000) }()
		sink += <-done
	}
}

//go:noinline
func collects() {
	for i := 0; ; i++ {
		garbage := make([]*[100]int, 0)
		for j := 0; j < 1000; j++ {
			garbage = append(garbage, new([100]int))
		}
		sink += len(garbage)
		if i%20 == 0 {
			runtime.GC()
		}
	}
}

//go:noinline
func callsC() {
	runtime.LockOSThread()
	for {
		sink += int(C.c_down(3))
		sink += int(C.c_spin(1000))
	}
}

//go:noinline
func callsSystem() {
	for {
		syscall.Getppid()
		time.Sleep(time.Microsecond)
	}
}

//go:noinline
func panics() {
	for {
		func() {
			defer func() { recover() }()
			var p *int
			*p = 1
		}()
	}
}

//go:noinline
func maps() {
	var mu sync.Mutex
	m := map[string]int{}
	for i := 0; ; i++ {
		mu.Lock()
		m[fmt.Sprint(i%1000)] += i
		mu.Unlock()
	}
}

func main() {
	runtime.GOMAXPROCS(8)
	for _, f := range []func(){spin, clock, grows, collects, callsC, callsC, callsSystem, panics, maps} {
		go f()
	}
	time.Sleep(100 * time.Millisecond)
	fmt.Println("ready")
	io.ReadAll(os.Stdin)
}

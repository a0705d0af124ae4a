// Goroutines that never rest: whatever instant it is stopped at, their stacks must be whole. It says
// "ready" and runs until its input ends.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

var sink any

//go:noinline
func compute(n uint64) uint64 {
	for i := uint64(0); i < 1000; i++ {
		n = n*6364136223846793005 + i
	}
	return n
}

// Needs a larger stack every time.
//
//go:noinline
func grows(n int) int {
	var room [256]byte
	if n == 0 {
		return int(room[0])
	}
	room[n%256] = byte(n)
	return grows(n-1) + int(room[(n+1)%256])
}

func allocates() {
	var lists [][]byte
	for i := 0; i < 100; i++ {
		lists = append(lists, make([]byte, 1<<uint(i%14)))
	}
	sink = lists
}

func maps() {
	m := map[string]int{}
	for i := 0; i < 500; i++ {
		m[strings.Repeat("x", i%50)+fmt.Sprint(i)] = i
	}
	for k := range m {
		delete(m, k)
	}
}

func recovers() {
	defer func() { recover() }()
	defer maps()
	var p *struct{ n [4]int }
	p.n[2]++
}

var mu sync.RWMutex

func locks() {
	mu.Lock()
	compute(1)
	mu.Unlock()
	mu.RLock()
	runtime.Gosched()
	mu.RUnlock()
}

func talks() {
	c, done := make(chan int), make(chan bool, 1)
	go func() {
		for range c {
		}
		done <- true
	}()
	for i := 0; i < 20; i++ {
		select {
		case c <- i:
		case <-time.After(time.Millisecond):
		}
	}
	close(c)
	<-done
}

func calls() {
	for i := 0; i < 100; i++ {
		syscall.Getpid()
		time.Now()
	}
	os.ReadFile("/proc/self/stat")
}

func starts() {
	var wg sync.WaitGroup
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func() { defer wg.Done(); grows(50) }()
	}
	wg.Wait()
}

func always(f func()) {
	for {
		f()
	}
}

func main() {
	for _, f := range []func(){allocates, maps, recovers, locks, locks, talks, calls, starts,
		func() { compute(1) }, func() { grows(1000); sink = nil },
		func() { runtime.GC(); time.Sleep(time.Millisecond) },
		func() { runtime.SetFinalizer(&[8]int{}, func(*[8]int) { compute(2) }); runtime.Gosched() },
		func() { go func() { grows(1000) }(); time.Sleep(time.Millisecond) }} {
		go always(f)
	}
	fmt.Println("ready")
	os.Stdin.Read(make([]byte, 1))
}

//go:build go1.26

// Goroutines that nothing can wake any more, which the runtime has found: since 1.27, and in 1.26
// with GOEXPERIMENT=goroutineleakprofile. It says "ready" and stays.
package main

import (
	"fmt"
	"io"
	"runtime/pprof"
	"sync"
	"time"
)

func leaks() {
	c := make(chan string)
	go func() { <-c }()
	go func() { make(chan int) <- 1 }()
	go func() {
		select {
		case <-make(chan int):
		case <-make(chan struct{ a int }):
		}
	}()
	go func() { var none chan int; <-none }()
	go func() {
		var mu sync.Mutex
		mu.Lock()
		mu.Lock()
	}()
	go func() {
		var rw sync.RWMutex
		rw.Lock()
		rw.RLock()
	}()
	go func() {
		var wg sync.WaitGroup
		wg.Add(2)
		wg.Wait()
	}()
	go func() {
		var mu sync.Mutex
		cond := sync.NewCond(&mu)
		mu.Lock()
		cond.Wait()
	}()
}

var kept = make(chan int)

func main() {
	leaks()
	go func() { <-kept }()
	time.Sleep(100 * time.Millisecond)
	pprof.Lookup("goroutineleak").WriteTo(io.Discard, 1)
	time.Sleep(100 * time.Millisecond)
	fmt.Println("ready")
	time.Sleep(time.Hour) // with a timer there is no deadlock
	kept <- 1
}

//go:build go1.25 || goexperiment.synctest

//go:debug asynctimerchan=0

// Goroutines of a synctest bubble: since 1.25, and in 1.24 with GOEXPERIMENT=synctest. It says
// "ready" and stays.
package main

import (
	"fmt"
	"os"
	"sync"
	"testing/synctest"
	"time"
)

// A mutex holds the bubble up: waiting for one is not durable.
var mu sync.Mutex

func bubble() {
	c, full := make(chan int), make(chan int, 1)
	full <- 1
	go func() { <-c }()
	go func() { full <- 2 }()
	go func() {
		select {
		case <-c:
		case <-time.After(time.Minute):
		}
	}()
	go func() { select {} }()
	go func() { var none chan int; <-none }()
	go time.Sleep(2 * time.Hour)
	go func() {
		var wg sync.WaitGroup
		wg.Add(1)
		wg.Wait()
	}()
	go func() {
		var mu sync.Mutex
		cond := sync.NewCond(&mu)
		mu.Lock()
		cond.Wait()
	}()
	go mu.Lock()
	go synctest.Wait()
	go func() { var b [1]byte; os.Stdin.Read(b[:]) }()
	<-c
}

func main() {
	mu.Lock()
	go func() {
		time.Sleep(300 * time.Millisecond)
		fmt.Println("ready")
	}()
	run(bubble)
}

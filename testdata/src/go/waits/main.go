// Goroutines in every kind of wait that a program can be in. It says "ready" and stays.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

type pair struct{ a, b int }

type receiver interface{ receive(c chan int) int }

//go:noinline
func takes(c chan int, s string, p pair, f float32, b []byte, e error) int {
	return <-c + len(s) + p.a + int(f) + len(b)
}

//go:noinline
func many(a, b, c, d, e, f, g, h, i, j, k, l int, q chan int) int { return <-q + a + l }

func inlined(c chan int) int { return inlinedToo(c) }

func inlinedToo(c chan int) int { return <-c }

//go:noinline
func generic[X any](x X, c chan X) { c <- x }

type list[T any] struct{ c chan T }

//go:noinline
func (l *list[T]) get() T { return <-l.c }

func (p pair) receive(c chan int) int { return <-c + p.a }

type pointer struct{ pair }

func (p *pointer) receive(c chan int) int { return <-c + p.b }

//go:noinline
func deep(n int, c chan int) int {
	if n == 0 {
		return <-c
	}
	return deep(n-1, c) + 1
}

func channels(c chan int, s chan string) {
	go takes(c, "hello", pair{1, 2}, 1.5, []byte("x"), nil)
	go many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, c)
	go func() { inlined(c) }()
	go generic(pair{1, 2}, make(chan pair))
	go generic("x", make(chan string))
	go (&list[int]{c}).get()
	var r receiver = pair{3, 4}
	go r.receive(c)
	r = &pointer{pair{5, 6}}
	go r.receive(c)
	go deep(10, c)
	go func() { var none chan int; <-none }()
	go func() { var none chan int; none <- 1 }()
	go func() { select {} }()
	go func() {
		select {
		case <-c:
		case <-s:
		case <-time.After(time.Hour):
		}
	}()
	go func() {
		for range c {
		}
	}()
}

func locks() {
	var mu sync.Mutex
	var rw, rw2 sync.RWMutex
	var wg sync.WaitGroup
	var once sync.Once
	mu.Lock()
	rw.Lock()
	rw2.RLock()
	wg.Add(1)
	go mu.Lock()
	go rw.RLock()
	go rw2.Lock()
	go wg.Wait()
	go once.Do(func() { mu.Lock() })
	go func() {
		var mu sync.Mutex
		c := sync.NewCond(&mu)
		mu.Lock()
		c.Wait()
	}()
}

var open *os.File

func system(c chan int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go l.Accept()
	go time.Sleep(time.Hour)
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	open = w
	go func() { var b [1]byte; r.Read(b[:]) }()
	go func() { var b [1]byte; os.Stdin.Read(b[:]) }()
	go func() {
		runtime.LockOSThread()
		<-c
	}()
	go pprof.Do(context.Background(), pprof.Labels("user", "bob", "request", "4 2"),
		func(context.Context) { <-c })
}

func main() {
	c := make(chan int)
	channels(c, make(chan string, 3))
	locks()
	system(c)
	defer func() {
		recover()
		<-c
	}()
	time.Sleep(200 * time.Millisecond)
	runtime.GC()
	fmt.Println("ready")
	var p *pair
	p.a = 1
}

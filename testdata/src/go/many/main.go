// As many goroutines as its argument says, in four kinds of waits. It says "ready" and stays. With a
// second argument one goroutine does nothing but look at the clock, and each line of standard input
// is answered with the longest time (us) that it did not get to it since the last.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

type server struct {
	requests chan int
	mu       sync.Mutex
	group    sync.WaitGroup
}

//go:noinline
func (s *server) receive(id int) int { return <-s.requests + id }

//go:noinline
func (s *server) lock(id int) { s.mu.Lock() }

//go:noinline
func (s *server) wait(id int) { s.group.Wait() }

//go:noinline
func (s *server) choose(id int) {
	select {
	case <-s.requests:
	case <-time.After(time.Hour):
	}
}

//go:noinline
func (s *server) handle(id int) {
	switch id % 4 {
	case 0:
		s.receive(id)
	case 1:
		s.lock(id)
	case 2:
		s.wait(id)
	case 3:
		s.choose(id)
	}
}

//go:noinline
func (s *server) serve(id int) { s.handle(id) }

func beat() {
	var longest int64
	go func() {
		for last := time.Now(); ; {
			now := time.Now()
			if gap := now.Sub(last).Microseconds(); gap > atomic.LoadInt64(&longest) {
				atomic.StoreInt64(&longest, gap)
			}
			last = now
		}
	}()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		fmt.Println(atomic.SwapInt64(&longest, 0))
	}
}

func main() {
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	s := &server{requests: make(chan int)}
	s.mu.Lock()
	s.group.Add(1)
	for i := 0; i < n; i++ {
		go s.serve(i)
	}
	time.Sleep(500 * time.Millisecond)
	fmt.Println("ready")
	if len(os.Args) > 2 {
		beat()
	}
	<-s.requests
}

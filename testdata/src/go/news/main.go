// Goroutines of whatever came with Go 1.21 and later, each in the file of its release. It says
// "ready" and stays; at SIGUSR1 it writes runtime.Stack() of all to its standard error.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

var forever = make(chan int)

// What each file adds.
var more []func()

//go:noinline
func wait[K comparable, V any](m map[K]V, key K) V {
	<-forever
	return m[key]
}

type tree[T any] struct {
	left, right *tree[T]
	value       T
}

func (t *tree[T]) walk(visit func(T) bool) bool {
	return t == nil || t.left.walk(visit) && visit(t.value) && t.right.walk(visit)
}

type number interface{ ~int | ~float64 }

type sum[T number] struct{ total T }

//go:noinline
func (s *sum[T]) add(x T) bool {
	s.total += x
	<-forever
	return true
}

type inner struct{ n int }

func (i inner) Value(c chan int) int { return i.n + <-c }

type outer struct{ inner }

type valuer interface{ Value(chan int) int }

// A wrapper made by the compiler stands between the call and inner.Value.
//
//go:noinline
func value(v valuer) int { return v.Value(forever) }

func generics() {
	go wait(map[string]int{"a": 1}, "a")
	go wait(map[[2]int]struct{ a, b string }{}, [2]int{1, 2})
	t := &tree[float64]{left: &tree[float64]{value: 1}, value: 2}
	s := &sum[float64]{}
	go t.walk(s.add)
	go func() { func() { t.walk(func(x float64) bool { return s.add(x + 1) }) }() }()
}

type object struct{ name *string }

func newObject() *object {
	name := "object"
	return &object{&name}
}

//go:noinline
func blocks(o *object) { <-forever; fmt.Println(o.name) }

// More callers than the runtime keeps of an ancestor.
func deeper(n int) {
	if n == 0 {
		go func() { <-forever }()
		return
	}
	deeper(n - 1)
}

func goroutines() {
	deeper(60)
	go value(&outer{inner{3}})
	go func() {
		defer func() { <-forever }()
		runtime.Goexit()
	}()
	go func() {
		defer func() {
			defer func() { <-forever }()
			panic("again")
		}()
		panic("once")
	}()
	time.AfterFunc(time.Millisecond, func() { <-forever })
	go func() {
		for range time.Tick(time.Hour) {
		}
	}()
	go func() {
		timer := time.NewTimer(time.Hour)
		select {
		case <-timer.C:
		case make(chan int) <- 1:
		}
	}()
	runtime.SetFinalizer(newObject(), blocks)
}

func dumps(signals chan os.Signal) {
	<-signals
	all := make([]byte, 1<<20)
	os.Stderr.Write(all[:runtime.Stack(all, true)])
	fmt.Fprintln(os.Stderr, "\n-----")
}

func main() {
	generics()
	goroutines()
	for _, f := range more {
		f()
	}
	for i := 0; i < 3; i++ {
		runtime.GC()
		time.Sleep(50 * time.Millisecond)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	go dumps(signals)
	fmt.Println("ready")
	<-forever
}

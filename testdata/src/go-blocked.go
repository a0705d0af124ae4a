// Goroutines that wait in a call for good, and what is known of their variables meanwhile.
// fixture go-blocked: go build -o $exe $src
//   core: gcore
package main

import (
	"fmt"
	"time"
)

type number interface{ ~int | ~float64 }

//go:noinline
func add[N number](a, b N, c chan int) N {
	sum := a + b
	<-c
	return sum
}

type list[T any] struct {
	value T
	next  *list[T]
}

//go:noinline
func (l *list[T]) walk(c chan int, f func(T) bool) {
	for p := l; p != nil; p = p.next {
		<-c
		f(p.value)
	}
}

func main() {
	c := make(chan int)
	go add(1.5, 2.5, c)
	go add(3, 4, c)
	go (&list[string]{"x", nil}).walk(c, func(string) bool { return true })
	time.Sleep(50 * time.Millisecond)
	fmt.Println("ready")
	time.Sleep(time.Hour)
}

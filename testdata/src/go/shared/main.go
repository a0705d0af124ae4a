// A C library written in Go: stacks begin in C, in a program that knows nothing of Go.
package main

import "C"

import "time"

var never = make(chan int)

//export Block
func Block(n C.int) { wait(int(n)) }

//go:noinline
func wait(n int) { <-never }

//export Start
func Start() {
	go wait(1)
	go time.Sleep(time.Hour)
	time.Sleep(100 * time.Millisecond)
}

func main() {}

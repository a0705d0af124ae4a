// Stacks that go from Go to C and back: every goroutine stops somewhere on the way.
package main

/*
#include <pthread.h>
#include <unistd.h>

extern void goInner(int depth);
extern void goBlocks(int depth);
extern void goWaits(int depth);

static __attribute__((noinline)) void c_sleeps(int n)
{
	for (;;)
		pause();
}

static __attribute__((noinline)) void c_calls_go(int depth)
{
	goInner(depth);
	__asm__ volatile("");
}

static __attribute__((noinline)) void c_blocks(int depth)
{
	goBlocks(depth);
	__asm__ volatile("");
}

static void *c_thread(void *arg)
{
	goWaits(7);
	return arg;
}

static void start_thread(void)
{
	pthread_t t;

	pthread_create(&t, 0, c_thread, 0);
}

static void *idle_thread(void *arg)
{
	c_sleeps(0);
	return arg;
}

static void start_idle(void)
{
	pthread_t t;

	pthread_create(&t, 0, idle_thread, 0);
}
*/
import "C"

import (
	"fmt"
	"time"
)

var never = make(chan int)

//export goInner
func goInner(depth C.int) { inner(int(depth)) }

//go:noinline
func inner(depth int) {
	if depth > 0 {
		C.c_calls_go(C.int(depth - 1))
		return
	}
	C.c_sleeps(1)
}

//export goBlocks
func goBlocks(depth C.int) { <-never }

//export goWaits
func goWaits(depth C.int) { outer(func() { <-never }) }

//go:noinline
func outer(f func()) { f() }

//go:noinline
func sleeps() { C.c_sleeps(2) }

//go:noinline
func nested() { C.c_calls_go(2) }

//go:noinline
func blocks() { C.c_blocks(3) }

func main() {
	go sleeps()
	go nested()
	go blocks()
	C.start_thread()
	C.start_idle()
	time.Sleep(300 * time.Millisecond)
	fmt.Println("ready")
	<-never
}

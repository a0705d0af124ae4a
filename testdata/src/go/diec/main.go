// Programs that die in C, or in Go that C called; otherwise as ../die.
package main

/*
#include <stdlib.h>

extern void goCallback(int how);

static __attribute__((noinline)) void c_fault(volatile int *p) { *p = 1; }
static __attribute__((noinline)) void c_faults(int n) { c_fault((volatile int *)(long)(n - 1)); __asm__ volatile(""); }
static __attribute__((noinline)) void c_aborts(int n) { abort(); }
static __attribute__((noinline)) void c_calls(int how) { goCallback(how); __asm__ volatile(""); }
*/
import "C"

import (
	"os"
	"time"
)

//export goCallback
func goCallback(how C.int) {
	switch how {
	case 0:
		panic("in a callback")
	case 1:
		var p *int
		*p = 1
	case 2:
		C.c_faults(1)
	case 3:
		C.c_aborts(1)
	}
}

func main() {
	for i := 0; i < 3; i++ {
		go time.Sleep(time.Hour)
	}
	time.Sleep(10 * time.Millisecond)
	switch os.Args[1] {
	case "c-fault":
		C.c_faults(1)
	case "c-abort":
		C.c_aborts(1)
	case "callback-panic":
		C.c_calls(0)
	case "callback-fault":
		C.c_calls(1)
	case "callback-c-fault":
		C.c_calls(2)
	case "callback-c-abort":
		C.c_calls(3)
	}
}

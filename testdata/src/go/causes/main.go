// Dies in C or C++ that Go has called, or waits in calls that cross from one to the other:
// causes WORD.
package main

/*
#cgo LDFLAGS: -lstdc++ -lpthread
void c_assert(int x);
void c_throw(void);
void c_double_free(void);
void c_overflow(void);
void c_null(int *p);
void c_thread(void);
void c_thread_go(void);
void c_calls(int depth);
void c_sleeps(void);
*/
import "C"

import (
	"fmt"
	"os"
	"time"
)

//export goBack
func goBack(depth C.int) {
	if depth > 0 {
		C.c_calls(depth)
	} else if os.Args[1] == "waits" {
		fmt.Println("ready")
		select {}
	} else {
		C.c_sleeps()
	}
}

func main() {
	for i := 0; i < 3; i++ {
		go time.Sleep(time.Hour)
	}
	time.Sleep(50 * time.Millisecond)
	switch os.Args[1] {
	case "assert":
		C.c_assert(C.int(len(os.Args)))
	case "throw":
		C.c_throw()
	case "double-free":
		C.c_double_free()
	case "overflow":
		C.c_overflow()
	case "null":
		C.c_null(nil)
	case "thread":
		C.c_thread()
	case "waits":
		C.c_calls(2)
	case "sleeps":
		go C.c_calls(2)
		go C.c_thread_go()
		time.Sleep(100 * time.Millisecond)
		fmt.Println("ready")
		time.Sleep(time.Hour)
	}
}

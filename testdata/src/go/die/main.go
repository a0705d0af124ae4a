// Programs that die, each in the way that its argument names. With GOTRACEBACK=crash the
// kernel then writes a core.
package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

type number int
type word string
type point struct{ x, y int }
type failure struct{ code, where int }

func (f *failure) Error() string { return fmt.Sprintf("failure %d at %d", f.code, f.where) }

type plan struct{ name string }

func (p plan) String() string { return "plan " + p.name }

type ratio float64
type wave complex64
type truth bool
type small int8
type place struct{ name string }

func (p place) Error() string { return "at " + p.name }

type broken struct{}

func (broken) Error() string { panic("no words") }

type measured interface{ measure() int }

func (p point) measure() int { return p.x }

func init() {
	if len(os.Args) > 1 && os.Args[1] == "init" {
		panic("in init")
	}
}

//go:noinline
func index(s []int, i int) int { return s[i] }

//go:noinline
func nested(n int) {
	defer func() {
		if n > 0 {
			panic(fmt.Errorf("deferred %d", n))
		}
	}()
	panic(number(n))
}

//go:noinline
func again() {
	defer func() { panic(recover()) }()
	panic("first")
}

//go:noinline
func three() {
	defer func() { panic(fmt.Errorf("third")) }()
	defer func() { panic(fmt.Sprint("second after ", recover())) }()
	panic(errors.New("first"))
}

// The same value twice, not recovered between.
//
//go:noinline
func twice() {
	defer panic("the same")
	panic("the same")
}

// What was recovered is no longer told.
//
//go:noinline
func recovered() {
	func() {
		defer func() { recover() }()
		panic("forgotten")
	}()
	panic("last")
}

//go:noinline
func goexitPanics() {
	defer func() { panic("while leaving") }()
	runtime.Goexit()
}

//go:noinline
func panicLeavesPanics() {
	defer func() { panic("at last") }()
	defer runtime.Goexit()
	panic("at first")
}

//go:noinline
func fatalWhilePanicking() {
	defer func() {
		var mu sync.Mutex
		mu.Unlock()
	}()
	panic(errors.New("under way"))
}

//go:noinline
func overflow(n int) int { return overflow(n+1) + 1 }

var values = map[string]any{
	"string": "text", "lines": "one\ntwo", "int": -7, "uint8": uint8(200), "float": 1.5,
	"complex": 1 + 2i, "bool": true, "named-int": number(-7), "named-string": word("text"),
	"struct": point{1, 2}, "pointer": &point{1, 2}, "slice": []int{1}, "error": errors.New("broken"),
	"wrapped": fmt.Errorf("outer: %w", errors.New("inner")), "own-error": &failure{3, 4},
	"stringer": plan{"b"}, "errno": syscall.ENOENT, "nil": nil, "uintptr": uintptr(0x10),
	"named-float": ratio(-0.25), "named-complex": wave(1 - 2i), "named-bool": truth(true),
	"named-small": small(-128), "float32": float32(0.1), "float-big": 1e100, "float-six": 123456.0,
	"float-seven": 1234567.0, "float-small": 0.00001234, "float-zero": 0.0, "float-inf": math.Inf(-1),
	"float-nan": math.NaN(), "float-third": 1.0 / 3, "int64": int64(math.MinInt64),
	"uint64": uint64(math.MaxUint64), "rune": 'x', "map": map[string]int{"a": 1}, "func": again,
	"array": [3]int{1, 2, 3}, "empty": struct{}{}, "unsafe": unsafe.Pointer(&os.Args),
	"error-value": place{"home"}, "error-lines": errors.New("one\ntwo\n"), "word-lines": word("a\nb"),
	"joined": fmt.Errorf("%w", fmt.Errorf("a: %w", syscall.EPERM)), "empty-text": "",
	"unicode": "h\u00e9llo \u2713", "binary": "a\x00b\x1b[31m\xff", "broken-error": broken{},
	"nil-error": (*failure)(nil), "chan": make(chan int),
}

var signals = map[string]syscall.Signal{
	"signal": syscall.SIGABRT, "sig-segv": syscall.SIGSEGV, "sig-bus": syscall.SIGBUS, "sig-fpe": syscall.SIGFPE,
	"sig-ill": syscall.SIGILL, "sig-trap": syscall.SIGTRAP, "sig-sys": syscall.SIGSYS, "sig-quit": syscall.SIGQUIT,
	"sig-stkflt": syscall.SIGSTKFLT,
}

func die(how string) {
	if v, ok := values[how]; ok {
		panic(v)
	}
	var any0, any1 any
	var m measured
	slice := []int{1, 2, 3}
	n := len(os.Args) + 8
	switch how {
	case "slice-high":
		fmt.Println(slice[:n])
	case "slice-low":
		fmt.Println(slice[n:2])
	case "slice-order":
		fmt.Println(slice[n-8 : n-9])
	case "slice-three":
		fmt.Println(slice[: 1 : n])
	case "slice-string":
		fmt.Println("text"[n:])
	case "index-negative":
		index(slice, -n)
	case "index-string":
		fmt.Println("text"[n])
	case "array-pointer":
		fmt.Println((*[9]int)(slice))
	case "makeslice":
		fmt.Println(len(make([]int, -n)))
	case "makeslice-cap":
		fmt.Println(len(make([]int, n, n-1)))
	case "makechan":
		fmt.Println(make(chan int, -n))
	case "shift":
		fmt.Println(1 << (n - 20))
	case "conversion-nil":
		fmt.Println(any0.(int))
	case "conversion-missing":
		any0 = 1
		fmt.Println(any0.(error))
	case "conversion-interface":
		any0 = failure{}
		fmt.Println(any0.(fmt.Stringer))
	case "compare":
		any0, any1 = []int{1}, []int{1}
		fmt.Println(any0 == any1)
	case "hash":
		fmt.Println(map[any]int{}[any0], map[any]int{}[any(slice)])
	case "nil-interface":
		fmt.Println(m.measure())
	case "nil-method":
		m = (*point)(nil)
		fmt.Println(m.measure())
	case "nil-func":
		var f func(int) int
		fmt.Println(f(n))
	case "bad-func":
		code := uintptr(0x1234567)
		code2 := &code
		f := *(*func())(unsafe.Pointer(&code2))
		f()
	case "panic-on-fault":
		debug.SetPanicOnFault(true)
		*(*int)(pointerTo(0x1000010)) = 1
	case "three":
		three()
	case "twice":
		twice()
	case "recovered":
		recovered()
	case "goexit-panics":
		goexitPanics()
	case "panic-goexit-panic":
		panicLeavesPanics()
	case "fatal-while-panicking":
		fatalWhilePanicking()
	case "goroutine":
		done := make(chan int)
		go func() {
			runtime.LockOSThread()
			index(slice, n)
		}()
		<-done
	case "send-closed":
		c := make(chan int)
		close(c)
		c <- 1
	case "close-nil":
		var c chan int
		close(c)
	case "wait-group":
		var wg sync.WaitGroup
		wg.Add(-1)
	case "runlock":
		var mu sync.RWMutex
		mu.RUnlock()
	case "rwunlock":
		var mu sync.RWMutex
		mu.Unlock()
	case "memory":
		fmt.Println(len(make([]byte, 1<<(n+37))))
	case "overflow-limit":
		debug.SetMaxStack(1 << 16 * (n - 8) * 5 / 3)
		overflow(0)
	case "threads":
		debug.SetMaxThreads(n)
		for i := 0; i < 40; i++ {
			go func() {
				runtime.LockOSThread()
				time.Sleep(time.Minute)
			}()
		}
		time.Sleep(time.Minute)
	case "map-read":
		m := map[int]int{}
		for i := 0; i < 4; i++ {
			go func() {
				for j := 0; ; j++ {
					n += m[j%100]
				}
			}()
		}
		for j := 0; ; j++ {
			m[j%100] = j
		}
	case "map-iterate":
		m := map[int]int{1: 1, 2: 2}
		go func() {
			for j := 0; ; j++ {
				m[j%100] = j
			}
		}()
		for {
			for j := range m {
				n += j
			}
		}
	case "breakpoint":
		runtime.Breakpoint()
	case "sleeping-chan":
		<-make(chan int)
	case "sleeping-select":
		select {}
	case "nil-read":
		var p *point
		p.y++
	case "bad-read":
		*(*int)(pointerTo(0x1000010)) = 1
	case "index":
		index([]int{1}, 5)
	case "divide":
		fmt.Println(1 / len(os.Args[1:][:0]))
	case "conversion":
		var v any = "x"
		fmt.Println(v.(int))
	case "nil-map":
		var m map[string]int
		m["x"] = 1
	case "closed":
		c := make(chan int)
		close(c)
		close(c)
	case "nested":
		nested(2)
	case "again":
		again()
	case "deadlock":
		var mu sync.Mutex
		mu.Lock()
		mu.Lock()
	case "goexit":
		runtime.Goexit()
	case "unlock":
		var mu sync.Mutex
		mu.Unlock()
	case "map-writes":
		m := map[int]int{}
		for i := 0; i < 4; i++ {
			go func() {
				for j := 0; ; j++ {
					m[j%100] = j
				}
			}()
		}
		time.Sleep(time.Minute)
	case "overflow":
		overflow(0)
	}
	if number, ok := signals[how]; ok {
		syscall.Kill(os.Getpid(), number)
		time.Sleep(time.Minute)
	}
}

func main() {
	how := os.Args[1]
	switch how {
	case "deadlock", "goexit", "sleeping-chan", "sleeping-select":
	default:
		for i := 0; i < 3; i++ {
			go time.Sleep(time.Hour)
		}
		time.Sleep(10 * time.Millisecond)
	}
	die(how)
}

// Programs that die, each in the way that its argument names. With GOTRACEBACK=crash the
// kernel then writes a core.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

type number int
type word string
type point struct{ x, y int }
type failure struct{ code, where int }

func (f *failure) Error() string { return fmt.Sprintf("failure %d at %d", f.code, f.where) }

type plan struct{ name string }

func (p plan) String() string { return "plan " + p.name }

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
func overflow(n int) int { return overflow(n+1) + 1 }

var values = map[string]any{
	"string": "text", "lines": "one\ntwo", "int": -7, "uint8": uint8(200), "float": 1.5,
	"complex": 1 + 2i, "bool": true, "named-int": number(-7), "named-string": word("text"),
	"struct": point{1, 2}, "pointer": &point{1, 2}, "slice": []int{1}, "error": errors.New("broken"),
	"wrapped": fmt.Errorf("outer: %w", errors.New("inner")), "own-error": &failure{3, 4},
	"stringer": plan{"b"}, "errno": syscall.ENOENT, "nil": nil, "uintptr": uintptr(0x10),
}

func die(how string) {
	if v, ok := values[how]; ok {
		panic(v)
	}
	switch how {
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
	case "signal":
		syscall.Kill(os.Getpid(), syscall.SIGABRT)
		time.Sleep(time.Minute)
	}
}

func main() {
	how := os.Args[1]
	if how != "deadlock" && how != "goexit" {
		for i := 0; i < 3; i++ {
			go time.Sleep(time.Hour)
		}
		time.Sleep(10 * time.Millisecond)
	}
	die(how)
}

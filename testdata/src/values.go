// Values of every kind that Go has, in a function that then dies.
// fixture values-go: go build -gcflags='all=-N -l' -o $exe $src
//   run: env GOTRACEBACK=crash ./$exe
// fixture values-go-opt: go build -o $exe $src
//   run: env GOTRACEBACK=crash ./$exe
package main

import (
	"errors"
	"os"
)

type point struct{ x, y int }

type colour uint8

const (
	red colour = iota
	green
)

type record struct {
	at    point
	name  string
	list  [3]int16
	next  *record
	ratio float64
}

type shape interface{ area() int }

func (p point) area() int { return p.x * p.y }

//go:noinline
func (r *record) method(times uint8, c colour) int {
	defer keep(times, c)
	return example([]string{"one", "two"}, r.name, 10) + int(times)
}

//go:noinline
func example(slice []string, str string, i int) (result int) {
	packed(true, false, true, 25)
	result = kinds(*slice0(slice), -7, 2.5, complex(1, -2), 'x', len(str) > i)
	return result + i
}

//go:noinline
func slice0(s []string) *string { return &s[0] }

//go:noinline
func packed(a, b, c bool, d uint8) { keep(a, b, c, d) }

//go:noinline
func kinds(s string, n int8, f float64, z complex128, r rune, yes bool) int {
	keep(s, n, f, z, r, yes)
	return references(map[string]int{"one": 1, "two": 2}, make(chan int, 3), errors.New("boom"),
		point{3, 4}, &point{5, 6}, 42, func() int { return int(n) })
}

//go:noinline
func references(m map[string]int, ch chan int, err error, sh shape, p *point, any interface{}, f func() int) int {
	ch <- 1
	aggregate := record{at: *p, name: "held", list: [3]int16{1, 2, 3}, ratio: 0.5}
	empty := []int(nil)
	var none error
	array := [2]point{{1, 2}, {3, 4}}
	bytes := []byte("raw")
	nested := [][]int{{1}, {2, 3}}
	closure := func(add int) int {
		return last(&aggregate, add+array[1].y+len(empty)+len(bytes)+len(nested), none)
	}
	keep(m, err, sh, any)
	return closure(f())
}

//go:noinline
func last(r *record, sum int, err error) int {
	var zero *record
	local := uint32(len(os.Args))
	keep(&local)
	return r.at.x + sum + zero.at.y
}

var sink []interface{}

func keep(v ...interface{}) { sink = append(sink, v...) }

func main() {
	r := &record{at: point{1, 2}, name: "hello"}
	println(r.method(3, green))
}

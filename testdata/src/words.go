// A traceback with arguments of every kind that Go packs in its own way.
// fixture words-go: go build -gcflags='all=-N -l' -o $exe $src
//   core: made
//   run: ./$exe; :
package main

type pair struct {
	small int8
	large int64
}

//go:noinline
func example(slice []string, str string, i int) { packed(true, false, true, 25) }

//go:noinline
func packed(a, b, c bool, d uint8) { results(1, pair{2, 3}) }

//go:noinline
func results(a int32, p pair) (int64, error) {
	new(pair).method(1.5, map[string]int{"one": 1})
	return 0, nil
}

//go:noinline
func (p *pair) method(f float32, m map[string]int) { many([6]int16{1, 2, 3, 4, 5, 6}, nil, "x", "y", "z") }

//go:noinline
func many(list [6]int16, any interface{}, a, b, c string) { panic("here") }

func main() { example(make([]string, 2, 4), "hello", 10) }

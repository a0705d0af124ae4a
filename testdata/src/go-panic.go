// An unrecovered panic; with GOTRACEBACK=crash the runtime ends with SIGABRT.
// fixture go-panic: go build -o $exe $src
//   run: env GOTRACEBACK=crash ./$exe
package main

import "os"

type store struct{ items []string }

//go:noinline
func (s *store) take(index int) string {
	return s.items[index]
}

func main() {
	s := &store{items: []string{"one", "two"}}
	println(s.take(len(os.Args) + 6))
}

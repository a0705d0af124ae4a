// A program that loads plugins: each is a module of its own, in the program's runtime. Goroutines
// wait in the plugins' functions; "die" as second argument: the last one panics.
package main

import (
	"fmt"
	"io"
	"os"
	"plugin"
	"time"
)

func main() {
	for _, path := range os.Args[1:] {
		if path == "die" {
			continue
		}
		p, err := plugin.Open(path)
		if err != nil {
			panic(err)
		}
		start, err := p.Lookup("Start")
		if err != nil {
			panic(err)
		}
		start.(func(func(string)))(func(s string) { fmt.Fprintln(os.Stderr, s); select {} })
		if os.Args[len(os.Args)-1] == "die" {
			die, err := p.Lookup("Die")
			if err != nil {
				panic(err)
			}
			die.(func())()
		}
	}
	time.Sleep(100 * time.Millisecond)
	fmt.Println("ready")
	io.ReadAll(os.Stdin)
}

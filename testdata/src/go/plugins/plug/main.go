// A plugin for ../host.
package main

import "fmt"

type Number int

type failure struct{ code Number }

func (f failure) Error() string { return fmt.Sprint("plugged ", int(f.code)) }

//go:noinline
func wait[T any](c chan T) T { return <-c }

func Start(host func(string)) {
	go wait(make(chan Number))
	go func() { host("called by a plugin") }()
}

func Die() { panic(failure{3}) }

func main() {}

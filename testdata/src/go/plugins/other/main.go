// Another plugin for ../host.
package main

import "fmt"

type Point struct{ x, y int }

type failure struct{ code int }

func (f failure) Error() string { return fmt.Sprint("other ", f.code) }

//go:noinline
func wait[T any](c chan T) T { return <-c }

func Start(host func(string)) {
	go wait(make(chan Point))
	go func() { host("called by a plugin") }()
}

func Die() { panic(Point{1, 2}) }

func main() {}

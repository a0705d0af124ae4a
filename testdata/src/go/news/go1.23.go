//go:build go1.23

package main

import (
	"iter"
	"unique"
)

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
		}
	}
}

func pairs(yield func(string, int) bool) {
	defer func() { recover() }()
	yield("a", 1)
}

//go:noinline
func ranges() int {
	for i := range count(3) {
		for s, j := range pairs {
			return i + j + len(s) + <-forever
		}
	}
	return 0
}

func pulls() {
	next, stop := iter.Pull(func(yield func(int) bool) {
		yield(1)
		<-forever
		yield(2)
	})
	defer stop()
	next()
	go next()
}

func suspended() {
	next, stop := iter.Pull2(pairs)
	next()
	<-forever
	stop()
}

func init() {
	more = append(more, func() {
		go ranges()
		go func() {
			for range count(2) {
				defer func() { <-forever }()
			}
		}()
		go pulls()
		go suspended()
		go func() { h := unique.Make("handle"); <-forever; println(h.Value()) }()
	})
}

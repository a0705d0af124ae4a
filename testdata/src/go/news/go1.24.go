//go:build go1.24

package main

import (
	"runtime"
	"weak"
)

func init() {
	more = append(more, func() {
		o := newObject()
		w := weak.Make(o)
		runtime.AddCleanup(o, func(n int) { <-forever; println(n) }, 42)
		go func() { <-forever; println(w.Value()) }()
	})
}

package main

import (
	"context"
	"runtime/pprof"
)

func labelled(pairs ...string) {
	go pprof.Do(context.Background(), pprof.Labels(pairs...), func(context.Context) { <-forever })
}

func init() {
	more = append(more, func() {
		labelled("path", "/a/b.c", "user", "bob")
		labelled("b", "two words", "a", "quotes \" and \\", "é", "日本", "line", "1\n2", "empty", "")
		labelled("x-y", "a-b", "_", "1")
	})
}

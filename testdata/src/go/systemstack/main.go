// Recursion without end on the system stack, which does not grow.
package main

import _ "unsafe"

//go:linkname systemstack runtime.systemstack
func systemstack(fn func())

//go:noinline
func recurse(n int) int {
	var room [64]int
	room[n%64] = n
	return recurse(n+1) + room[5]
}

//go:noinline
func overflow() {
	systemstack(func() { recurse(0) })
}

func main() {
	overflow()
}

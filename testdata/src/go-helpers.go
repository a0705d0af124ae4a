// Stands in C's helpers of runtime/cgo, which have no call frame information where Go's own linker
// links them: where the runtime has a thread made.
// fixture go-helpers: go build -o $exe $src
//   then: gdb -batch -nx -ex 'set startup-with-shell off' -ex 'set breakpoint pending on' -ex 'break pthread_create' -ex run -ex 'generate-core-file core' -ex kill ./$exe
//   core: made
package main

import (
	"net"
	"time"
)

func main() {
	net.LookupHost("localhost")
	time.Sleep(time.Hour)
}

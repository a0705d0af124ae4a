// The Go program of README.md: its store is gone, so that requests pile up behind a channel, until one
// of them is for a table that nobody has made.
// fixture ingest: go build -trimpath -ldflags='-s -w' -o $exe $src
//   run: env GOTRACEBACK=crash GOMAXPROCS=1 ./$exe
package main

import (
	"sync"
	"time"
)

type row struct{ table, text string }

type store struct {
	mu     sync.Mutex
	tables map[string][]row
	queue  chan row
}

//go:noinline
func (s *store) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {} // the disk does not answer
}

//go:noinline
func (s *store) stats() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.tables)
}

//go:noinline
func (s *store) insert(r row) {
	if r.table == "" {
		s.tables[r.table] = append(s.tables[r.table], r)
	}
	s.queue <- r
}

func main() {
	s := &store{queue: make(chan row, 16)}
	go s.flush()
	time.Sleep(10 * time.Millisecond)
	go s.stats()
	for len(s.queue) < cap(s.queue) {
		s.queue <- row{}
	}
	for i := 0; i < 1000; i++ {
		go s.insert(row{"users", "x"})
	}
	time.Sleep(50 * time.Millisecond)
	go s.insert(row{})
	time.Sleep(time.Hour)
}

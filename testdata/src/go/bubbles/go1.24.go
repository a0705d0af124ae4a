//go:build !go1.25

package main

import "testing/synctest"

func run(f func()) { synctest.Run(f) }

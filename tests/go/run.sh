#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Go programs of every link mode and release against the runtime's own words: each is gcored and
# then sent SIGQUIT, and `stk core -f go` of the core must be the dump, goroutine for goroutine and
# byte for byte; so must `stk pid -f go` a moment before. (tests/go-deaths has programs that die.)
# ONLY=WORD runs what has the word in its name.
set -u
cd "$(dirname "$0")/../.." || exit 1
TOP=$PWD
STK=${STK:-$TOP/build/stk}
dir=${FIXTURES:-$TOP/build/fixtures}/go
src=$TOP/testdata/src/go
mkdir -p "$dir/bin" "$dir/npm"
export GOFLAGS=-buildvcs=false GOTOOLCHAIN=local LC_ALL=C
GO=go
. "$TOP/tests/go/snapshot.sh"

command -v go > /dev/null && go version | grep -q 'go1\.[12]' || { skip 'no go'; echo "0 passed, 0 failed, 1 skipped"; exit 0; }

static='-linkmode=external -extldflags=-static'
mode waits waits
mode waits-stripped waits -ldflags='-s -w'
mode waits-pie waits -buildmode=pie
mode waits-pie-stripped waits -buildmode=pie -ldflags='-s -w'
mode waits-trimpath waits -trimpath
mode waits-external waits -ldflags=-linkmode=external
mode waits-static waits -ldflags="$static -s -w"
mode waits-noinline waits -gcflags=all=-l
mode waits-debug waits -gcflags='all=-N -l'
CGO_ENABLED=0 mode waits-nocgo waits
GODEBUG=tracebackancestors=3 mode waits-ancestors waits
mode cgo cgo
mode cgo-pie cgo -buildmode=pie
mode cgo-static cgo -ldflags="$static"

shared shared

# ---- other releases, from programs that others built ----

unreachable=
npm_program() { # PACKAGE VERSION GO
	local place=$dir/npm/$2
	if [ ! -x "$place/package/bin/esbuild" ] && [ -z "$unreachable" ]; then
		mkdir -p "$place"
		(cd "$place" && timeout 60 npm pack --silent "$1@$2" && tar xzf ./*.tgz) > /dev/null 2>&1
	fi
	if [ ! -x "$place/package/bin/esbuild" ]; then
		unreachable=1 # and not waited for again
		skip "Go $3: npm's registry cannot be reached"
		return
	fi
	WAIT=1 snapshot "Go $3" "$place/package/bin/esbuild" --serve=127.0.0.1:0 "--servedir=$src" ||
		return
	if "$STK" info "$core" 2> /dev/null | grep -q "version: *go$3\$"; then pass; else fail "Go $3: the version"; fi
	rm -f "$dir/core".*
}

if ! wanted npm; then :
elif command -v npm > /dev/null; then
	# Until 1.18 only the goroutine that got the signal was printed in full.
	LEVEL=all npm_program esbuild-linux-64 0.12.29 1.17.1
	LEVEL=all npm_program esbuild-linux-64 0.14.30 1.18
	npm_program @esbuild/linux-x64 0.17.19 1.20.4
	npm_program @esbuild/linux-x64 0.28.2 1.26.5
else
	skip 'other releases of Go: no npm'
fi

# ---- arm64, emulated ----

if ! wanted arm64; then :
elif ! command -v qemu-aarch64 > /dev/null; then
	skip 'arm64: no qemu-aarch64'
else
	GOARCH=arm64 CGO_ENABLED=0 build waits-arm64 waits && emulated waits waits-arm64 - 3
	if GOARCH=arm64 CGO_ENABLED=0 build die-arm64 die; then
		for how in string nil-read bad-read nested unlock deadlock overflow-limit; do
			emulated $how die-arm64 $how 20
		done
	fi
	rm -rf "$dir/crash"
fi

# ---- Delve ----

if ! wanted delve; then :
elif ! command -v dlv > /dev/null; then
	skip 'no Delve to compare with'
else
	DELVE=dlv NODUMP=1 mode delve waits
fi

finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Programs built by every release of Go that Debian has, against the runtime's own words, as
# tests/go/run.sh does for this machine's. GO_ALL=1 (make check-go-all) goes through all link modes,
# experiments and arm64. ONLY=WORD runs what has the word in its name (1.24-news).
set -u
cd "$(dirname "$0")/.." || exit 1
TOP=$PWD
STK=${STK:-$TOP/build/stk}
dir=${FIXTURES:-$TOP/build/fixtures}/go-releases
src=$TOP/testdata/src/go
mkdir -p "$dir/bin"
export LC_ALL=C
. "$TOP/tests/go/toolchain.sh"
. "$TOP/tests/go/snapshot.sh"

# ---- what is promised of each program ----

check_news() { # NAME
	timeout 60 "$STK" goroutines -v "$core" > "$dir/waits" 2> /dev/null
	waits "$1" main.goroutines.func4 'a value from chan time.Time 0x[0-9a-f]* (len 0, cap 1), 1 receiver'
	waits "$1" 'main.wait[...]' 'a value from chan int 0x[0-9a-f]* (len 0, cap 0), [0-9]* receivers'
	if "$STK" core -f json "$core" 2> /dev/null | grep -qF '"labels":{"_":"1","x-y":"a-b"}'; then
		pass
	else
		fail "$1: labels"
	fi
}

check_bubbles() { # NAME
	timeout 60 "$STK" goroutines -v "$core" > "$dir/waits" 2> /dev/null
	waits "$1" time.Sleep "a timer, in 7200.000 s of the bubble's time"
	waits "$1" testing/synctest.Wait 'all others of its bubble to block'
	waits "$1" main.bubble.func6 'sync.WaitGroup 0x[0-9a-f]* (counter 1, 1 waiter)'
	waits "$1" main.bubble.func7 'sync.Cond 0x[0-9a-f]* (1 waiter)'
	waits "$1" main.bubble.func2 'a receiver on chan int 0x[0-9a-f]* (len 1, cap 1), 1 sender queued'
}

check_leaks() { # NAME
	timeout 60 "$STK" goroutines -v "$core" > "$dir/waits" 2> /dev/null
	waits "$1" main.leaks.func7 'sync.WaitGroup 0x[0-9a-f]* (counter 2, 1 waiter)'
	waits "$1" main.leaks.func8 'sync.Cond 0x[0-9a-f]* (1 waiter)'
	waits "$1" main.leaks.func1 'a value from chan string 0x[0-9a-f]* (len 0, cap 0), 1 receiver queued'
	waits "$1" main.leaks.func3 'a value from chan struct { a int } 0x[0-9a-f]* (len 0, cap 0), 1 receiver'
}

# A program that never rests: every stack is whole, whatever instant it is stopped at.
whole() { # NAME STK-ARGUMENTS...
	local name=$1 bad
	shift
	"$STK" "$@" -f json --level system > "$dir/json" 2> "$dir/json.err"
	bad=$(jq -r '.tasks[] | select(.kind == "goroutine" and (.end != "root" or
		.frames[-1].func != "runtime.goexit")) | [.id, .state, .end, (.frames[].func // "?")] | @tsv' "$dir/json"
		cat "$dir/json.err")
	if [ -s "$dir/json" ] && [ -z "$bad" ]; then pass; else fail "$name: whole stacks" "$bad"; fi
}

busy() { # NAME
	local pid try
	command -v jq > /dev/null || { skip "$1: no jq"; return; }
	build "$1" busy || return
	MALLOC_ARENA_MAX=1 "$dir/bin/$1" < <(exec sleep 60) > "$dir/out" 2> "$dir/dump" &
	pid=$!
	disown $pid
	sleep 0.5
	for try in 1 2 3 4 5; do whole "$1: live" pid "$pid"; done
	for try in 1 2; do
		timeout 60 gcore -o "$dir/core" "$pid" > /dev/null 2>&1
		whole "$1: core" core "$dir/core.$pid"
		rm -f "$dir/core".*
	done
	kill -KILL $pid
}

# Arguments and variables of testdata/src/values.go, which dies: to be the same with every release.
values() { # NAME
	rm -rf "$dir/crash" && mkdir -p "$dir/crash"
	if ! (cd "$src/.." && $GO build -gcflags='-N -l' -o "$dir/bin/$1" values.go) > "$dir/build.log" 2>&1; then
		skip "$1: cannot be built: $(head -1 "$dir/build.log")"
		return
	fi
	{ (cd "$dir/crash" && ulimit -c unlimited &&
		GOTRACEBACK=crash MALLOC_ARENA_MAX=1 timeout 20 "$dir/bin/$1" > ../out 2>&1); } 2> /dev/null
	core=$(ls "$dir"/crash/core* 2> /dev/null | head -1)
	if [ -z "$core" ]; then
		skip "$1: no core (see /proc/sys/kernel/core_pattern)"
		return
	fi
	"$STK" core -q -a -l "$dir/bin/$1" "$core" 2> /dev/null |
		awk '/^ *[0-9]+  0x/ { f = $4; sub(/\(.*/, "", f) } f ~ /^main\./ && / = / { print f, $0 }' |
		sed 's/0x[0-9a-f]*/ADDR/g' | sort > "$dir/values.new"
	rm -rf "$dir/crash"
	[ -e "$dir/values" ] || mv "$dir/values.new" "$dir/values"
	[ -e "$dir/values.new" ] || return
	if [ -s "$dir/values" ] && cmp -s "$dir/values" "$dir/values.new"; then pass; else
		fail "$1: arguments and variables" "$(diff "$dir/values" "$dir/values.new")"
	fi
}

# A release that nobody knows yet, which happens to look like this one: told by what is there.
unknown() { # NAME RELEASE
	build "$1" waits && sed -i "s/go${2/./\\.}\\./go1.99./g" "$dir/bin/$1" &&
		snapshot "$1" "$dir/bin/$1" && check_waits "$1" || return
	if "$STK" info "$core" 2> /dev/null | grep -q 'as in Go 1.25, not as in go1.99'; then pass; else
		fail "$1: a note"
	fi
	rm -f "$dir/core".*
}

# lib/lang/go/layout.c against the program's own debug information.
layout() { # RELEASE PROGRAM
	local bad
	[ -x "$dir/layout" ] || ${CC:-gcc} -Ilib -Ilib/include -o "$dir/layout" tests/go/layout.c \
		lib/lang/go/layout.c -ldw > "$dir/build.log" 2>&1
	if bad=$("$dir/layout" "$dir/bin/$2" "${1#1.}"); then pass; else fail "$2: the runtime's structures" "$bad"; fi
}

programs() { # RELEASE SUFFIX FLAGS...
	local v=$1 suffix=$2
	shift 2
	mode "$v-waits$suffix" waits "$@"
	STACKS=1 mode "$v-news$suffix" news "$@"
	case $v in 1.2[1-4]) ;; *) mode "$v-bubbles$suffix" bubbles "$@" ;; esac
	case $v in 1.2[1-6]) ;; *) mode "$v-leaks$suffix" leaks "$@" ;; esac
}

all_modes() { # RELEASE
	local v=$1 static='-linkmode=external -extldflags=-static'
	case $v in
	1.24) GOEXPERIMENT=synctest mode "$v-bubbles" bubbles ;;
	1.26) GOEXPERIMENT=goroutineleakprofile mode "$v-leaks" leaks ;;
	esac
	programs "$v" -stripped -ldflags='-s -w'
	programs "$v" -pie-stripped -trimpath -buildmode=pie -ldflags='-s -w'
	programs "$v" -pie -buildmode=pie
	programs "$v" -external -ldflags=-linkmode=external
	programs "$v" -static -ldflags="$static -s -w"
	programs "$v" -noinline -gcflags=all=-l
	programs "$v" -debug -gcflags='all=-N -l'
	CGO_ENABLED=0 programs "$v" -nocgo -trimpath
	GODEBUG=tracebackancestors=3 mode "$v-waits-ancestors" waits
	GODEBUG=tracebackancestors=3 STACKS=1 mode "$v-news-ancestors" news
	case $v in 1.2[246]) mode "$v-cgo" cgo ;; esac
	mode "$v-cgo-pie" cgo -buildmode=pie
	mode "$v-cgo-static" cgo -ldflags="$static"
	shared "$v-shared"
	wanted "$v-arm64" && GOARCH=arm64 CGO_ENABLED=0 build "$v-arm64" waits && {
		layout "$v" "$v-arm64"
		emulated "$v-arm64" "$v-arm64" - 4
	}
}

release() { # RELEASE
	local v=$1
	DELVE=$delve programs "$v" ''
	wanted "$v-values" && values "$v-values"
	[ "$v" = 1.25 ] && wanted "$v-unknown" && unknown "$v-unknown" "$v"
	wanted "$v-busy" && busy "$v-busy"
	wanted "$v-layout" && [ -x "$dir/bin/$v-waits" ] && layout "$v" "$v-waits"
	case $v in
	# These need the standard library built again, which takes longer than all that is tested.
	1.22 | 1.25 | 1.27) programs "$v" -pie-stripped -trimpath -buildmode=pie -ldflags='-s -w' ;;
	*) programs "$v" -stripped -ldflags='-s -w' ;;
	esac
	case $v in 1.2[1357]) mode "$v-cgo" cgo ;; esac
	case $v in
	1.26 | 1.27) GODEBUG=tracebacklabels=1 STACKS=1 mode "$v-news-labels" news ;;
	esac
	[ -z "${GO_ALL:-}" ] || all_modes "$v"
	rm -f "$dir/bin"/*
}

delve=$(debian_program sid delve usr/bin/dlv || debian_program trixie delve usr/bin/dlv) 2> /dev/null ||
	skip 'no Delve that knows these releases'
rm -f "$dir/layout" "$dir/values"
command -v go > /dev/null && GO=go values machine-values
# The oldest and the newest each time, and of those between as many as there is time for, each day others
# first; make check-go-all has all.
between='1.24 1.22 1.26 1.23 1.25'
for _ in $(seq $(($(date +%s) / 86400 % 5))); do between="${between#* } ${between%% *}"; done
for v in 1.27 1.21 $between; do
	wanted "$v" || case ${ONLY:-} in "$v"*) ;; *) continue ;; esac
	case $v in
	1.21 | 1.27) ;;
	*) if [ $SECONDS -gt 400 ] && [ -z "${GO_ALL:-}${ONLY:-}" ]; then
		skip "Go $v: its turn is another day"
		continue
	fi ;;
	esac
	if ! why=$(go_toolchain $v 2>&1); then
		skip "$why"
		continue
	fi
	GO="go_with $v go"
	release $v
done
finish

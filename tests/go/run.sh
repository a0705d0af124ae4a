#!/bin/bash
# Go programs of every link mode and release against the runtime's own words: each is gcored and
# then sent SIGQUIT, and `stk core -f go` of the core must be the dump, goroutine for goroutine and
# byte for byte; so must `stk pid -f go` a moment before. Then programs that die with
# GOTRACEBACK=crash: what they said, who it was. ONLY=WORD runs what has the word in its name.
set -u
cd "$(dirname "$0")/../.." || exit 1
TOP=$PWD
STK=${STK:-$TOP/build/stk}
dir=${FIXTURES:-$TOP/build/fixtures}/go
src=$TOP/testdata/src/go
mkdir -p "$dir/bin" "$dir/npm"
export GOFLAGS=-buildvcs=false GOTOOLCHAIN=local LC_ALL=C
passed=0 failed=0 skipped=0

pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); printf 'not ok %s\n' "$1"; shift; [ $# = 0 ] || printf '%s\n' "$@" | head -30 | sed 's/^/    /'; }
skip() { skipped=$((skipped + 1)); printf 'SKIP: %s\n' "$1"; }
wanted() { [ -z "${ONLY:-}" ] || case $1 in *$ONLY*) ;; *) return 1 ;; esac; }

command -v go > /dev/null && go version | grep -q 'go1\.[12]' || { skip 'no go'; echo "0 passed, 0 failed, 1 skipped"; exit 0; }

# ---- comparing ----

# The goroutines of a dump that can be compared, a file each. Not goroutine 0 (a thread), and none
# that ran: it is elsewhere by the time of the dump.
split() { # DUMP DIRECTORY
	rm -rf "$2" && mkdir -p "$2"
	awk -v dir="$2" 'BEGIN { RS = "" } /^goroutine [0-9]+[ :]/ && $2 != "0" && !/stack unavailable/ {
		print > (dir "/" $2); close(dir "/" $2) }' "$1"
}

# Every goroutine of the dump is in stk's output as it is in the dump.
same() { # NAME DUMP OUTPUT
	local bad
	split "$2" "$dir/want" && split "$3" "$dir/got"
	if [ -z "$(ls "$dir/want")" ]; then
		fail "$1: the runtime printed no goroutine" "$(head -5 "$2")"
		return
	fi
	for g in "$dir"/want/*; do
		# What runs may stop between the two, and the scavenger wakes now and then: not a
		# difference of words.
		grep -q '^goroutine [0-9]* .*\[\(running\|runnable\)\|^runtime.bgscavenge(' "$g" \
			"$dir/got/${g##*/}" 2> /dev/null && rm -f "$g" "$dir/got/${g##*/}"
	done
	bad=$(cd "$dir/want" && for g in *; do
		[ -e "$g" ] || continue
		diff -u --label runtime "$g" --label stk "../got/$g" 2>&1
	done)
	if [ -z "$bad" ]; then pass; else fail "$1" "$bad"; fi
}

# ---- snapshots ----

# Until 1.18 the runtime shows the goroutine that got the signal in full, whatever the level: which one
# that is nobody can know before.
as_in_dump() { # DUMP OUTPUT STK-ARGUMENTS...
	local dump=$1 out=$2
	shift 2
	grep -q '^goroutine [1-9]' "$dump" || return
	timeout 60 "$STK" "$@" --level system > "$out.system" 2> /dev/null
	awk 'BEGIN { RS = ""; ORS = "\n\n" }
		function id() { return match($0, /(^|\n)goroutine [1-9][0-9]* /) ? substr($0, RSTART, RLENGTH) : "" }
		{ k = id(); sub(/^\n/, "", k) }
		FILENAME == ARGV[1] { if (k != "" && / fp=0x/) full[k] = 1; next }
		FILENAME == ARGV[2] { if (k != "") whole[k] = $0; next }
		{ print k != "" && k in full && k in whole ? whole[k] : $0 }
	' "$dump" "$out.system" "$out" > "$out.mixed" && mv "$out.mixed" "$out"
}

# Runs a program with its input held open until it says "ready" (or WAIT seconds), looks at it
# three ways, and ends it.
snapshot() { # NAME COMMAND...
	local name=$1 pid level try
	shift
	rm -f "$dir/core".* "$dir/in" "$dir/out" && mkfifo "$dir/in"
	sleep 60 > "$dir/in" &
	local holder=$!
	disown $holder # the shell reports no deaths of what it does not know
	(trap - QUIT; exec "$@" < "$dir/in" > "$dir/out" 2> "$dir/dump") &
	pid=$!
	disown $pid
	for try in $(seq 100); do
		grep -q ready "$dir/out" 2> /dev/null && break
		[ -n "${WAIT:-}" ] && [ "$try" -ge $((WAIT * 10)) ] && break
		sleep 0.1
	done
	level=${LEVEL:-system}
	timeout 60 "$STK" pid -f go --level "$level" "$pid" > "$dir/live" 2> "$dir/live.err"
	timeout 60 gcore -o "$dir/core" "$pid" > /dev/null 2>&1
	kill -QUIT "$pid"
	for try in $(seq 50); do kill -0 "$pid" 2> /dev/null || break; sleep 0.1; done
	kill -KILL "$pid" "$holder" 2> /dev/null
	if [ ! -e "$dir/core.$pid" ]; then
		skip "$name: gcore made no core"
		return
	fi
	timeout 60 "$STK" core -f go --level "$level" "$dir/core.$pid" > "$dir/stk" 2> "$dir/stk.err"
	core=$dir/core.$pid
	[ -n "${NODUMP:-}" ] && return
	if [ "$level" = all ]; then
		as_in_dump "$dir/dump" "$dir/stk" core -f go "$core"
		as_in_dump "$dir/dump" "$dir/live" core -f go "$core"
	fi
	same "$name: core" "$dir/dump" "$dir/stk"
	same "$name: live" "$dir/dump" "$dir/live"
}

build() { # OUTPUT PACKAGE FLAGS...
	local out=$dir/bin/$1 package=$2
	shift 2
	(cd "$src" && go build -o "$out" "$@" "./$package") > "$dir/build.log" 2>&1 && return
	skip "$package cannot be built here with $*: $(grep -v '^#' "$dir/build.log" | head -1)"
	return 1
}

mode() { # NAME PACKAGE FLAGS...
	local name=$1
	wanted "$name" || return
	shift
	build "$name" "$@" && snapshot "$name" "$dir/bin/$name" && check_"${1}" "$name"
	rm -f "$dir/core".*
}

# ---- what is promised of each program ----

# The blocked goroutine in this function waits for what the pattern says.
waits() { # NAME FUNCTION PATTERN
	if grep -A4 -F " $2 at " "$dir/waits" | sed '1,/ at /{/waits for/!d}' | grep -q "waits for $3"; then
		pass
	else
		fail "$1: $2 waits for $3" "$(grep -A2 -F " $2 at " "$dir/waits")"
	fi
}

check_waits() { # NAME
	timeout 60 "$STK" goroutines -v "$core" > "$dir/waits" 2> /dev/null
	waits "$1" main.takes 'a value from chan int 0x[0-9a-f]* (len 0, cap 0), [0-9]* receivers queued'
	waits "$1" 'main.generic[...]' 'a receiver on chan main.pair 0x[0-9a-f]* (len 0, cap 0), 1 sender queued'
	waits "$1" main.channels.func2 'a nil channel'
	waits "$1" main.channels.func5 'a value from chan string 0x[0-9a-f]* (len 0, cap 3), 1 receiver queued'
	waits "$1" 'sync.(*Mutex).Lock' 'sync.Mutex 0x[0-9a-f]* (locked, 2 waiters)'
	waits "$1" 'sync.(*WaitGroup).Wait' 'sync.WaitGroup 0x[0-9a-f]* (counter 1, 1 waiter)'
	waits "$1" main.locks.func2 'sync.Cond 0x[0-9a-f]* (1 waiter)'
	waits "$1" 'net.(*TCPListener).Accept' 'descriptor [0-9]* to be readable'
	waits "$1" main.system.func2 'system call read, descriptor 0'
	waits "$1" time.Sleep 'a timer, in 35[0-9][0-9]\.'
	if "$STK" core -f json "$core" 2> /dev/null | grep -q '"labels":{"request":"4 2","user":"bob"}'; then
		pass
	else
		fail "$1: labels"
	fi
}

# The functions of the goroutine that has FUNCTION, those named in PATTERN only, innermost first.
path() { # FUNCTION PATTERN
	awk -v f="$1" 'BEGIN { RS = "" } { n = split($0, line, "\n"); hit = 0; s = ""
		for (i = 1; i <= n; i++) if (line[i] ~ /^ *[0-9]+ +0x/) { $0 = line[i]; s = s " " $4; hit = hit || $4 == f }
		if (hit) { print s; exit } }' "$dir/stk" | tr ' ' '\n' | grep -xE "$2" | tr '\n' ' ' | sed 's/ $//'
}

stack() { # NAME FUNCTION PATTERN EXPECTED
	local got
	got=$(path "$2" "$3")
	if [ "$got" = "$4" ]; then pass; else fail "$1: the stack of $2" "want $4" "got  $got"; fi
}

check_cgo() { # NAME: Go, C, and back, nothing lost
	local names='main\.(nested|inner|sleeps|blocks|goInner|goBlocks|goWaits|outer)|c_[a-z_]+|goInner|goBlocks|goWaits|start_thread|runtime\.goexit'
	timeout 60 "$STK" core --no-inlines "$core" > "$dir/stk" 2> "$dir/stk.err"
	stack "$1" main.sleeps "$names" 'c_sleeps main.sleeps runtime.goexit'
	stack "$1" main.nested "$names" 'c_sleeps main.inner goInner c_calls_go main.inner goInner c_calls_go main.inner goInner c_calls_go main.nested runtime.goexit'
	stack "$1" main.blocks "$names" 'goBlocks c_blocks main.blocks runtime.goexit'
	stack "$1" main.outer 'main\.outer|goWaits|c_thread|start_thread' 'main.outer goWaits c_thread start_thread'
	if grep -qv '^stk: note' "$dir/stk.err"; then fail "$1: warnings" "$(cat "$dir/stk.err")"; else pass; fi
}

check_shared() { # NAME
	timeout 60 "$STK" core --no-inlines "$core" > "$dir/stk" 2> "$dir/stk.err"
	stack "$1" c_thread 'main\.wait|Block|c_thread|start_thread' 'main.wait Block c_thread start_thread'
	stack "$1" main 'main\.wait|Block|main|_start' 'main.wait Block main _start'
	stack "$1" main.Start.func1 'main\.wait|main.Start.func1|runtime.goexit' 'main.wait main.Start.func1 runtime.goexit'
}

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

if wanted shared; then
	NODUMP=1
	if (cd "$src" && go build -buildmode=c-shared -o "$dir/bin/libshared.so" ./shared &&
		go build -buildmode=c-archive -o "$dir/bin/libarchive.a" ./shared &&
		gcc -g -O1 -o "$dir/bin/shared" shared/host.c -L"$dir/bin" -lshared "-Wl,-rpath,$dir/bin" &&
		gcc -g -O1 -o "$dir/bin/archive" shared/host.c "$dir/bin/libarchive.a" -lpthread) > "$dir/build.log" 2>&1; then
		for name in shared archive; do
			snapshot "$name" "$dir/bin/$name" && check_shared "$name"
			rm -f "$dir/core".*
		done
	else
		skip "C libraries written in Go cannot be built here: $(tail -1 "$dir/build.log")"
	fi
	unset NODUMP
fi

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
	WAIT=1 snapshot "Go $3" "$place/package/bin/esbuild" --serve=127.0.0.1:0 "--servedir=$src"
	if "$STK" info "$core" 2> /dev/null | grep -q "version: *go$3\$"; then pass; else fail "Go $3: the version"; fi
	rm -f "$dir/core".*
}

if ! wanted npm; then :
elif command -v npm > /dev/null; then
	# Until 1.18 only the goroutine that got the signal was printed in full.
	LEVEL=all npm_program esbuild-linux-64 0.12.29 1.17.1
	LEVEL=all npm_program esbuild-linux-64 0.14.30 1.18
	npm_program esbuild-linux-64 0.15.10 1.19.1
	npm_program @esbuild/linux-x64 0.17.19 1.20.4
	npm_program @esbuild/linux-x64 0.25.5 1.23.8
	npm_program @esbuild/linux-x64 0.27.0 1.25.4
	npm_program @esbuild/linux-x64 0.28.2 1.26.5
else
	skip 'other releases of Go: no npm'
fi

# ---- deaths ----

# What the program said before its stacks.
said() { awk '/^$/ { exit } { print }' "$1"; }

crash() { # PROGRAM HOW
	local name="crash $2" want got
	rm -rf "$dir/crash" && mkdir -p "$dir/crash"
	{ (cd "$dir/crash" && ulimit -c unlimited && GOTRACEBACK=crash timeout 20 "$dir/bin/$1" "$2" > ../dump 2>&1); } 2> /dev/null
	sed -i '/^timeout: /d' "$dir/dump"
	core=$(ls "$dir"/crash/core* 2> /dev/null | head -1)
	if [ -z "$core" ]; then
		skip "$name: no core (see /proc/sys/kernel/core_pattern)"
		return
	fi
	timeout 60 "$STK" core -f go "$core" > "$dir/stk" 2> "$dir/stk.err"
	want=$(said "$dir/dump" | uniq)
	got=$(said "$dir/stk")
	if [ "$want" = "$got" ]; then pass; else fail "$name: what it said" "want $want" "got  $got"; fi
	want=$(grep -m1 -o '^goroutine [0-9]* \[[a-z ]*' "$dir/dump")
	got=$(grep -m1 -o '^goroutine [0-9]* \[[a-z ]*' "$dir/stk")
	# Of several that write a map at once any may be the first.
	case $2 in map-writes | goexit) want=$got ;; esac
	if [ "$want" = "$got" ]; then pass; else fail "$name: whose fault" "want $want" "got  $got"; fi
	timeout 60 "$STK" core -f go --level system "$core" > "$dir/stk" 2> /dev/null
	case $2 in
	# The signal runs through all threads: what they did is dumped when they get it.
	map-writes | overflow) ;;
	*) sed '/^-----$/,$d' "$dir/dump" > "$dir/first"; same "$name: the others" "$dir/first" "$dir/stk" ;;
	esac
	timeout 60 "$STK" core --level single "$core" > "$dir/stk" 2> /dev/null
}

culprit() { # HOW PATTERN EXPECTED
	local got
	got=$(awk 'BEGIN { RS = "" } /^\* / { n = split($0, line, "\n")
		for (i = 1; i <= n; i++) if (line[i] ~ /^ *[0-9]+ +0x/) { $0 = line[i]; print $4 } exit }' "$dir/stk" |
		grep -xE "$2" | tr '\n' ' ' | sed 's/ $//')
	if [ "$got" = "$3" ]; then pass; else fail "crash $1: the stack of the culprit" "want $3" "got  $got"; fi
}

if wanted crash && CGO_ENABLED=0 build die die; then
	for how in string lines int uint8 float complex bool named-int named-string struct pointer slice \
		error wrapped own-error stringer errno nil uintptr nil-read bad-read index divide conversion \
		nil-map closed nested again deadlock goexit unlock map-writes overflow signal; do
		crash die $how
		case $how in
		nil-read) culprit $how '.*' 'main.die main.main' ;;
		deadlock) culprit $how 'main.*' 'main.die main.main' ;;
		esac
	done
fi
if wanted crash && build diec diec; then
	for how in c-fault c-abort callback-panic callback-fault callback-c-fault callback-c-abort; do
		crash diec $how
		case $how in
		c-fault) culprit $how 'main.*|c_.*' 'c_fault c_faults main._Cfunc_c_faults main.main' ;;
		c-abort) culprit $how 'main.*|c_.*|abort' 'abort c_aborts main._Cfunc_c_aborts main.main' ;;
		callback-c-abort) culprit $how 'main.*|c_.*|abort' \
			'abort c_aborts main._Cfunc_c_aborts main.goCallback c_calls main._Cfunc_c_calls main.main' ;;
		esac
	done
fi
rm -rf "$dir/crash"

# ---- arm64, emulated ----

# The emulator writes a core of its own kind when the program dies of a signal.
emulated() { # NAME PROGRAM ARGUMENT SECONDS
	rm -rf "$dir/crash" && mkdir -p "$dir/crash"
	{ (cd "$dir/crash" && ulimit -c unlimited &&
		GOTRACEBACK=crash timeout -s QUIT "$4" qemu-aarch64 "$dir/bin/$2" "$3" < <(exec sleep "$4") > ../out 2> ../dump); } 2> /dev/null
	core=$(ls "$dir"/crash/qemu_*.core 2> /dev/null | head -1)
	sed -i '/^timeout: /d; /^-----$/,$d' "$dir/dump"
	if [ -z "$core" ]; then
		skip "arm64 $1: the emulator wrote no core"
		return
	fi
	timeout 60 "$STK" core -f go --level system "$dir/bin/$2" "$core" > "$dir/stk" 2> "$dir/stk.err"
	same "arm64 $1" "$dir/dump" "$dir/stk"
	if [ "$(said "$dir/dump" | sed '/^PC=/d')" = "$(said "$dir/stk" | sed '/^PC=/d')" ]; then pass; else
		fail "arm64 $1: what it said" "want $(said "$dir/dump")" "got  $(said "$dir/stk")"
	fi
}

if ! wanted arm64; then :
elif ! command -v qemu-aarch64 > /dev/null; then
	skip 'arm64: no qemu-aarch64'
else
	GOARCH=arm64 CGO_ENABLED=0 build waits-arm64 waits && emulated waits waits-arm64 - 3
	if GOARCH=arm64 CGO_ENABLED=0 build die-arm64 die; then
		for how in string nil-read bad-read nested unlock deadlock; do
			emulated $how die-arm64 $how 20
		done
	fi
	rm -rf "$dir/crash"
fi

# ---- Delve ----

# "GOROUTINE INDEX PC FUNCTION" of its list, and of ours.
frames_of_dlv() { awk '/^[* ] Goroutine [0-9]+ /{ g = $2 == "Goroutine" ? $3 : $2 } /^\t *[0-9]+ +0x/ { sub("^0x0*", "", $2); sub(/\[.*/, "", $4); print g, $1, $2, $4 }' "$1" | sort; }
frames_of_stk() { awk '/^[* ] Goroutine /{ g = $2 == "Goroutine" ? $3 : $2 } /^ *[0-9]+ +0x/ { sub("^0x0*", "", $2)
	sub(/\((0x|[{]|\.\.\.|_|\)).*/, "", $4); sub(/\[.*/, "", $4); print g, $1, $2, $4 }' "$1" | sort; }

if ! wanted delve; then :
elif ! command -v dlv > /dev/null; then
	skip 'no Delve to compare with'
elif build waits-dlv waits; then
	NODUMP=1 snapshot delve "$dir/bin/waits-dlv"
	printf 'goroutines -t 60\nexit\n' > "$dir/dlv.cmd"
	timeout 120 dlv core "$dir/bin/waits-dlv" "$core" --init "$dir/dlv.cmd" --allow-non-terminal-interactive=true \
		--check-go-version=false > "$dir/dlv" 2>&1
	timeout 60 "$STK" core --level system --goroutines "$core" > "$dir/stk" 2> /dev/null
	frames_of_dlv "$dir/dlv" > "$dir/want.txt"
	# A run of equal frames is written once: Delve writes all.
	frames_of_stk "$dir/stk" > "$dir/got.txt"
	if [ ! -s "$dir/want.txt" ]; then
		skip "Delve cannot read it: $(tail -1 "$dir/dlv")"
	else
		bad=$(grep -v ' main.deep$' "$dir/want.txt" | comm -23 - "$dir/got.txt")
		if [ -z "$bad" ]; then pass; else fail 'the same goroutines and frames as Delve' "$bad"; fi
	fi
	rm -f "$dir/core".*
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]

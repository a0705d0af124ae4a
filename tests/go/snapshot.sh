# SPDX-License-Identifier: Apache-2.0
# For tests of Go programs: building them, looking at them while they stand, and comparing what stk says
# with what the runtime says of itself. Sourced by scripts that have set
#
#   TOP STK   the project and the program
#   dir       where all is made; dir/bin for programs
#   src       Go sources
#   GO        the go command (go; go_with 1.24 go)
#
# and end with finish. ONLY=WORD runs what has the word in its name.
passed=0 failed=0 skipped=0
trap 'rm -f "$dir"/core.*' EXIT # they are large

pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); printf 'not ok %s\n' "$1"; shift; [ $# = 0 ] || printf '%s\n' "$@" | head -30 | sed 's/^/    /'; }
skip() { skipped=$((skipped + 1)); printf 'SKIP: %s\n' "$1"; }
wanted() { [ -z "${ONLY:-}" ] || case $1 in *$ONLY*) ;; *) return 1 ;; esac; }
finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
	exit
}

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
		# What runs may stop between the two, the scavenger wakes now and then, and the signal
		# for STACKS was handled: not a difference of words.
		grep -qE '^goroutine [0-9]* .*\[(running|runnable)|^(runtime.bgscavenge|main.dumps|os/signal.loop)\(' \
			"$g" "$dir/got/${g##*/}" 2> /dev/null && rm -f "$g" "$dir/got/${g##*/}"
	done
	bad=$(cd "$dir/want" && for g in *; do
		[ -e "$g" ] || continue
		diff -u --label runtime "$g" --label stk "../got/$g" 2>&1
	done)
	bad=$bad$(cd "$dir/got" && for g in *; do
		[ -e "$g" ] && [ ! -e "../want/$g" ] && ! grep -q "^goroutine $g .*running" "$2" "$g" && head -3 "$g"
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

# What a program says of itself when it gets SIGUSR1: at the level of GOTRACEBACK.
own_stacks() { # PID
	local try
	kill -USR1 "$1"
	for try in $(seq 50); do grep -q '^-----$' "$dir/dump" && break; sleep 0.1; done
	sed '/^-----$/,$d' "$dir/dump" > "$dir/stacks"
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
	# Each of libc's arenas would be 64 MB of zeros in a core.
	(trap - QUIT; MALLOC_ARENA_MAX=1 exec "$@" < "$dir/in" > "$dir/out" 2> "$dir/dump") &
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
	[ -z "${STACKS:-}" ] || own_stacks "$pid"
	kill -QUIT "$pid"
	for try in $(seq 50); do kill -0 "$pid" 2> /dev/null || break; sleep 0.1; done
	kill -KILL "$pid" "$holder" 2> /dev/null
	if [ ! -e "$dir/core.$pid" ]; then
		skip "$name: gcore made no core $(head -1 "$dir/dump")"
		return 1
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
	if [ -n "${STACKS:-}" ]; then
		timeout 60 "$STK" core -f go "$core" > "$dir/stk" 2> "$dir/stk.err"
		same "$name: runtime.Stack()" "$dir/stacks" "$dir/stk"
	fi
}

build() { # OUTPUT PACKAGE FLAGS...
	local out=$dir/bin/$1 package=$2
	shift 2
	(cd "$src" && $GO build -o "$out" "$@" "./$package") > "$dir/build.log" 2>&1 && return
	skip "$package cannot be built here with $*: $(grep -v '^#' "$dir/build.log" | head -1)"
	return 1
}

# ---- Delve ----

# "GOROUTINE INDEX PC FUNCTION" of its list, and of ours; goexit alone is no goroutine any more.
frames_of_dlv() {
	sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '/^[* ] Goroutine [0-9]+ /{ g = $2 == "Goroutine" ? $3 : $2 }
		/^\t *[0-9]+ +0x/ { sub("^0x0*", "", $2); sub(/\[.*/, "", $4); print g, $1, $2, $4 }' |
		grep -v ' 0 [0-9a-f]* runtime.goexit$' | sort
}
frames_of_stk() {
	awk '/^[* ] Goroutine /{ g = $2 == "Goroutine" ? $3 : $2 }
		/^ *[0-9]+ +0x/ { sub("^0x0*", "", $2); sub(/\((0x|[{]|\.\.\.|_|\)).*/, "", $4)
			sub(/\[.*/, "", $4); print g, $1, $2, $4 }' "$1" | sort
}

# The goroutines of the last snapshot's core, and their frames, as Delve has them.
delve() { # NAME PROGRAM
	local bad
	printf 'goroutines -t 60\nexit\n' > "$dir/dlv.cmd"
	timeout 120 "$DELVE" core "$2" "$core" --init "$dir/dlv.cmd" --check-go-version=false \
		--allow-non-terminal-interactive=true > "$dir/dlv" 2>&1
	timeout 60 "$STK" core --level system --goroutines "$core" > "$dir/stk" 2> /dev/null
	frames_of_dlv "$dir/dlv" > "$dir/want.txt"
	frames_of_stk "$dir/stk" > "$dir/got.txt"
	if [ ! -s "$dir/want.txt" ]; then
		skip "$1: Delve cannot read it: $(tail -1 "$dir/dlv")"
		return
	fi
	# A run of equal frames is written once: Delve writes all.
	bad=$(grep -vE ' main.deep(er)?$' "$dir/want.txt" | comm -23 - "$dir/got.txt")
	if [ -z "$bad" ]; then pass; else fail "$1: goroutines and frames that Delve has" "$bad"; fi
}

# NODUMP: the runtime's own words are not asked for. DELVE: compared with this Delve, too.
mode() { # NAME PACKAGE FLAGS...
	local name=$1
	wanted "$name" || return
	shift
	if build "$name" "$@" && snapshot "$name" "$dir/bin/$name"; then
		check_"$1" "$name"
		[ -z "${DELVE:-}" ] || delve "$name" "$dir/bin/$name"
	fi
	rm -f "$dir/core".*
}

# C programs with a library in Go, shared and static.
shared() { # NAME
	local name=$1 NODUMP=1 flavour
	wanted "$name" || return
	if ! (cd "$src" && $GO build -buildmode=c-shared -o "$dir/bin/libshared.so" ./shared &&
		$GO build -buildmode=c-archive -o "$dir/bin/libarchive.a" ./shared &&
		gcc -g -O1 -o "$dir/bin/shared" shared/host.c -L"$dir/bin" -lshared "-Wl,-rpath,$dir/bin" &&
		gcc -g -O1 -o "$dir/bin/archive" shared/host.c "$dir/bin/libarchive.a" -lpthread) \
		> "$dir/build.log" 2>&1; then
		skip "$name: C libraries written in Go cannot be built here: $(tail -1 "$dir/build.log")"
		return
	fi
	for flavour in shared archive; do
		snapshot "$name $flavour" "$dir/bin/$flavour" && check_shared "$name $flavour"
		rm -f "$dir/core".*
	done
}

# What the program said before its stacks.
said() { awk '/^$/ { exit } { print }' "$1"; }

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
	local start
	timeout 60 "$STK" core --no-inlines "$core" > "$dir/stk" 2> "$dir/stk.err"
	stack "$1" c_thread 'main\.wait|Block|c_thread|start_thread' 'main.wait Block c_thread start_thread'
	stack "$1" main 'main\.wait|Block|main|_start' 'main.wait Block main _start'
	start=$(grep -oE 'main\.Start\.(func|gowrap)1' "$dir/stk" | head -1) # since 1.22 with its own name
	stack "$1" "$start" 'main\.wait|main.Start.*1|runtime.goexit' "main.wait $start runtime.goexit"
}

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Live processes: reads those of testdata/src/live/target.c, and looks what became of them.
#
#	tests/live/run.sh          what make check runs
#	tests/live/run.sh soak     stk killed 1,000 times, and nothing else
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-$top/build}
STK=${STK:-$B/stk}
src=$top/testdata/src/live
work=$B/live
failed=0 passed=0 skipped=0
targets=()
LC_ALL=C
export LC_ALL
unset NO_COLOR CLICOLOR_FORCE DEBUGINFOD_URLS
mkdir -p "$work"

# Only what this script has started.
clean_up() {
	local p
	for p in "${targets[@]}"; do
		disown "$p" # no word from bash about its end
		pkill -KILL -P "$p" # the child of vfork()
		kill -KILL "$p"
		while kill -0 "$p"; do sleep 0.01; done
	done 2> /dev/null
	targets=()
}
trap clean_up EXIT

result() { # STATUS WORDS
	if [ "$1" = 0 ]; then
		echo "ok - $2"
		passed=$((passed + 1))
	else
		echo "not ok - $2"
		sed 's/^/    /' "$work/out" "$work/err" | head -40
		failed=$((failed + 1))
	fi
}
skip() { # WORDS REASON
	echo "ok - $1 # SKIP $2"
	skipped=$((skipped + 1))
}

# Starts a target and waits until it is ready; its number is in $pid.
start() { # COMMAND...
	: > "$work/said"
	"$@" > "$work/said" 2>&1 < /dev/null &
	pid=$!
	targets+=($pid)
	for _ in $(seq 200); do
		grep -q ready "$work/said" && return
		sleep 0.05
	done
	echo "not ok - $* gets ready"
	failed=$((failed + 1))
}
stop() { clean_up; }

stk() { # ARGUMENT...: to $work/out and err; the status in $status
	timeout -k 5 60 "$STK" "$@" > "$work/out" 2> "$work/err"
	status=$?
}
said() { grep -qE -- "$1" "$work/out" "$work/err"; }
state() { awk '/^State:/ { print $2 }' "/proc/${1:-$pid}/status" 2> /dev/null; }
as_nobody='setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all'
# After a moment, which may be long on a busy machine.
becomes() { # STATES
	for _ in $(seq 300); do
		case $1 in *"$(state)"*) return 0 ;; esac
		sleep 0.01
	done
	return 1
}
# What holds after every capture.
lives() { becomes RS; }

build() {
	cc=${CC:-cc}
	$cc -g -O1 -D_GNU_SOURCE -pthread -o "$work/target" "$src/target.c" -ldl || exit 1
	$cc -shared -fPIC -o "$work/library.so" -x c - <<< 'int in_library(void) { return 1; }' || exit 1
	rm -f "$work/target32"
	$cc -m32 -idirafter /usr/include/x86_64-linux-gnu -g -O1 -D_GNU_SOURCE -pthread \
		-o "$work/target32" "$src/target.c" -ldl 2> /dev/null
	# Where others may read and execute it too.
	box=$(mktemp -d /tmp/stk-live.XXXXXX)
	chmod 755 "$box"
	cp "$work/target" "$box/target"
	cp "$STK" "$box/stk"
	trap 'clean_up; rm -rf "$box"' EXIT
}

# ---- what is shown ----

# TID<tab>NAME<tab>STATE<tab>SYSTEM CALL<tab>the first frames of the program itself
summary() {
	jq -r '. as $d | .tasks[] | [.name, .state, (.syscall // "-" | sub("\\(.*"; "")),
		([.frames[] | select(.file // "" | endswith("target.c")) | .func] | join(" "))]
		| @tsv' "$work/out" | sort
}

shows_places() { # TARGET WORDS
	start "$1" places
	stk pid -f json "$pid"
	summary > "$work/places"
	printf '%s\t%s\t%s\t%s\n' "$(basename "$1")" sleeping pause 'idle places main' \
		input sleeping read wait_for_input mutex sleeping futex wait_for_mutex \
		poll sleeping poll wait_in_poll spin running - spin | sort > "$work/places.expected"
	diff "$work/places.expected" "$work/places" > "$work/err"
	result $? "$2: name, state, system call and functions of every thread"
	[ $status = 0 ] && lives
	result $? "$2: complete, and it runs on"
	stop
}

says_the_pause() {
	start "$work/target" places
	stk pid "$pid"
	head -1 "$work/out" | grep -qE "^pid $pid: target, paused [0-9.]+ (us|ms), 5 threads$"
	result $? 'the first line says how long it was paused'
	stk threads "$pid"
	said '"mutex" +sleeping +futex\(0x[0-9a-f]+, 128, 2.*wait_for_mutex at '
	result $? 'stk threads shows the system call with its arguments'
	stk info "$pid"
	[ $status = 0 ] && said 'command line: .*/target places' && said ' 5 threads$' && ! said paused
	result $? 'stk info shows the command line, and pauses nothing'
	stop
}

# 4,000 threads do not stop in a millisecond, but on a machine that is too busy for them to count it.
keeps_the_deadline() {
	start "$work/target" many 4000
	stk threads --max-pause 1 "$pid"
	said '\[(pause-exceeded|thread-missed)\]'
	[ $status = $((! $?)) ] && [ "$(wc -l < "$work/out")" -ge 4000 ]
	result $? '--max-pause: what is missing is noted, and every thread is listed'
	lives && sleep 0.2 && ! grep -lE '^State:.[Tt]' /proc/"$pid"/task/*/status > "$work/out" 2> "$work/err"
	result $? 'and all run on'
	stop
}

# The target, stk and two other programs have one CPU together: nobody stops while stk looks, and most
# of the time others run. However slow that is, nothing is lost: each thread that stops adds to the time.
stops_on_one_cpu() {
	local words='4,000 threads on the CPU that stk is on, and others too' cpu
	cpu=$(taskset -cp $$ 2> /dev/null | grep -oE '[0-9]+' | tail -1)
	[ -n "$cpu" ] || { skip "$words" 'there is no taskset'; return; }
	start taskset -c "$cpu" "$work/target" many 4000
	busy_on "$cpu"
	timeout -k 5 60 taskset -c "$cpu" "$STK" threads "$pid" > "$work/out" 2> "$work/err"
	[ $? = 0 ] && [ ! -s "$work/err" ] && [ "$(grep -c '"target"' "$work/out")" = 4000 ]
	result $? "$words: each has stopped, in time"
	lives && ! grep -lE '^State:.[Tt]' /proc/"$pid"/task/*/status > "$work/out" 2> "$work/err"
	result $? 'and all run on'
	stop
}

# Two programs that never sleep.
busy_on() { # CPU
	local n
	for n in 1 2; do
		taskset -c "$1" sh -c 'while :; do :; done' &
		targets+=($!)
	done
}

# Nobody waits for a process that is stopped already: one millisecond is no limit then.
needs_no_hurry() {
	start "$work/target" many 1000
	kill -STOP "$pid"
	becomes T
	stk pid --max-pause 1 "$pid"
	[ $status = 0 ] && [ ! -s "$work/err" ] && ! said 'in kernel function' &&
		[ "$(grep -cE ' in (start_thread|_start)$' "$work/out")" = 1000 ]
	result $? 'of a process that job control has stopped nothing is left out for want of time'
	becomes T
	result $? 'and it stays stopped'
	stop
}

# Both read the same standing process.
agrees_with_gdb() {
	local words='stk and gdb see the same functions and lines in a process that stands still'
	command -v gdb > /dev/null && command -v jq > /dev/null || { skip "$words" 'there is no gdb or jq'; return; }
	start "$work/target" places
	kill -STOP "$pid"
	becomes T
	stk pid --threads -f json "$pid"
	jq -r '.tasks[] | "thread \(.tid)", (.frames[] | "\(.func // "?")\t\(
		if .file then (.file | sub(".*/"; "")) + ":" + (.line | tostring) else "?" end)")' \
		"$work/out" | awk -v from=stk -f "$top/tests/compare/plain.awk" | sort -s -n -k 1,1 > "$work/stk.plain"
	timeout 600 gdb -batch -nx -p "$pid" -ex 'set width 0' -ex 'set print frame-arguments presence' \
		-ex 'set backtrace past-main on' -ex 'set backtrace past-entry on' \
		-ex 'thread apply all bt' 2> /dev/null |
		awk -v from=gdb -f "$top/tests/compare/plain.awk" | sort -s -n -k 1,1 > "$work/gdb.plain"
	# gdb names a file's function by the symbol table where stk has the name of the debug information.
	sed -i 's/ clone3 clone3.S/ __clone3 clone3.S/' "$work/gdb.plain"
	diff "$work/gdb.plain" "$work/stk.plain" > "$work/out"
	[ $? = 0 ] && [ "$(wc -l < "$work/stk.plain")" -gt 20 ]
	result $? "$words"
	stop
}

# ---- what may not be changed ----

stays_stopped() {
	start "$work/target" many 4
	kill -STOP "$pid"
	becomes T
	stk threads "$pid"
	[ $status = 0 ] && said '"target" +stopped' && becomes T && sleep 0.1 && becomes T
	result $? 'a process that job control has stopped is read and stays stopped'
	kill -CONT "$pid"
	lives
	result $? 'and SIGCONT lets it go on'
	stop
}

# Queued signals count each; of plain ones at least one must arrive.
loses_no_signal() {
	start "$work/target" signals
	(for _ in $(seq 40); do timeout 20 "$STK" threads "$pid"; done) > "$work/out" 2>&1 &
	local captures=$! sent=0
	while kill -0 $captures 2> /dev/null; do
		kill -RTMIN "$pid" && sent=$((sent + 1))
		kill -USR1 "$pid"
	done
	wait $captures
	sleep 1
	kill -TERM "$pid"
	wait "$pid" 2> /dev/null
	echo "sent $sent" > "$work/err"
	cp "$work/said" "$work/out"
	[ "$(awk '/^[0-9]/ { print $1 }' "$work/said")" = "$sent" ] && [ $sent -gt 40 ] &&
		awk '/^[0-9]/ { exit !($2 > 0) }' "$work/said"
	result $? "every one of $sent signals that came during 40 captures was delivered"
	stop
}

job_control_gets_through() {
	start "$work/target" many 50
	local i bad=0
	for i in $(seq 20); do
		"$STK" threads "$pid" > "$work/out" 2>&1 &
		local capture=$!
		sleep "0.0$((RANDOM % 8))"
		kill -STOP "$pid"
		wait $capture
		becomes T || bad=$((bad + 1))
		kill -CONT "$pid"
		lives || bad=$((bad + 1))
	done
	[ $bad = 0 ] && lives
	result $? 'a SIGSTOP that comes during the capture stops it afterwards, 20 times'
	stop
}

dies_well() { # ROUNDS
	if command -v python3 > /dev/null; then
		SEED=${SEED:-} timeout 1200 "$top/tests/live/kill.py" "$STK" "$work/target" "$1" > "$work/out" 2> "$work/err"
		while IFS= read -r line; do
			case $line in
			'ok - '*) result 0 "${line#ok - }" ;;
			'not ok - '*) result 1 "${line#not ok - }" ;;
			esac
		done < <(cat "$work/out")
		[ "$(grep -c '^ok' "$work/out")" = 4 ]
		result $? "stk killed $1 times leaves no target stopped"
	else
		skip 'stk killed at any instant leaves no target stopped' 'there is no python3'
	fi
}

# ---- unusual processes ----

reads_leaderless() {
	start "$work/target" leader
	stk threads -v "$pid"
	[ $status = 0 ] && said '"survivor" .*pause' && said "note: thread $pid: it has exited"
	result $? 'a process whose first thread has exited is read by its others'
	stop
}

reads_uninterruptible() {
	start "$work/target" vfork
	stk pid --max-pause 10000 "$pid"
	[ $status = 1 ] && said 'did not stop \(uninterruptible, .*vfork' && said 'in call_vfork'
	result $? 'a thread that nothing can stop is noted, with its state, system call and stack'
	awk '/paused/ { exit !($0 ~ / us,/ || ($0 ~ / ms,/ && substr($0, index($0, "paused") + 7) + 0 < 1000)) }' "$work/out"
	result $? 'and does not keep the others waiting until the deadline'
	lives
	result $? 'and they run on'
	pkill -KILL -P "$pid"
	sleep 0.2
	! grep -lE '^State:.[Tt]' /proc/"$pid"/task/*/status > "$work/out" 2> "$work/err"
	result $? 'and when it wakes up nothing stops it'
	stop
}

survives_change() {
	local mode words i bad
	for mode in 'churn:threads come and go' 'exec:it executes itself' 'library:it loads and unloads a library'; do
		words=${mode#*:}
		start "$work/target" "${mode%%:*}" $([ "${mode%%:*}" = library ] && echo "$work/library.so")
		bad=0
		for i in $(seq 25); do
			stk pid "$pid"
			[ $status -le 1 ] && [ -s "$work/out" ] || { bad=$((bad + 1)); cat "$work/err"; }
		done > "$work/bad"
		cp "$work/bad" "$work/err"
		[ $bad = 0 ] && lives
		result $? "25 captures while $words"
		stop
	done
}

exits_meanwhile() {
	local i bad=0 statuses=
	for i in $(seq 20); do
		"$work/target" many 30 > "$work/said" &
		pid=$!
		targets+=($pid)
		sleep 0.05
		(sleep "0.0$((RANDOM % 6))"; kill -KILL $pid) &
		stk pid $pid
		statuses="$statuses $status"
		case $status in 0 | 1 | 2 | 66) ;; *) bad=$((bad + 1)) ;; esac
		stop
	done 2> /dev/null
	echo "$statuses" > "$work/out"
	[ $bad = 0 ]
	result $? 'a process that is killed meanwhile is an error or a partial capture, 20 times'
}

shows_deep_stacks() {
	start "$work/target" deep
	stk pid "$pid"
	[ $status = 1 ] && said 'was not copied: of each stack .* \(--deep copies all\) \[stack-unreadable\]'
	result $? 'a stack deeper than what is copied names --deep'
	stk pid --deep "$pid"
	[ $status = 0 ] && said 'in main' && said 'in _start'
	result $? 'and --deep shows all of it'
	stop
}

finds_deleted_files() {
	cp "$work/target" "$work/deleted"
	start "$work/deleted" places
	rm "$work/deleted"
	stk pid "$pid"
	[ $status = 0 ] && said 'wait_for_mutex$' && said 'target.c:'
	result $? 'an executable that was deleted is found all the same'
	stop
	cp "$work/target" "$work/replaced"
	start "$work/replaced" places
	rm "$work/replaced"
	cp /bin/true "$work/replaced"
	stk pid "$pid"
	[ $status = 0 ] && said 'wait_for_mutex$' && said 'target.c:'
	result $? 'one that was replaced too: the new file is not taken for it'
	stop
	rm -f "$work/replaced"
	cp "$box/target" "$box/gone"
	chmod 755 "$box/gone"
	start $as_nobody "$box/gone" places
	rm "$box/gone"
	$as_nobody timeout 60 "$box/stk" pid "$pid" > "$work/out" 2> "$work/err"
	[ $? = 0 ] && said 'wait_for_mutex$' && said 'target.c:'
	result $? 'also by a user without privileges'
	stop
}

reads_without_pause() {
	start "$work/target" places
	stk pid --no-pause "$pid"
	[ $status = 1 ] && said 'in wait_for_mutex' && said 'in wait_in_poll' && said 'in start_thread' &&
		said 'read while running' && said '\[unverified\]' && ! said paused
	result $? '--no-pause shows sleeping threads, marked as read while running'
	said 'thread [0-9]+: it runs: without a pause its stack cannot be read \[thread-missed\]'
	result $? 'and says which one it could not read'
	stop
}

# ---- what cannot be read ----

refuses() { # STATUS PATTERN WORDS ARGUMENT...
	local want=$1 pattern=$2 words=$3
	shift 3
	stk "$@"
	[ $status = "$want" ] && [ ! -s "$work/out" ] && [ "$(wc -l < "$work/err")" = 1 ] && said "$pattern"
	result $? "$words"
}

names_no_process() {
	refuses 66 '^stk: process 0 is the kernel itself$' 'process 0' pid 0
	refuses 66 '^stk: there is no process 999999999$' 'a number that no process has' pid 999999999
	refuses 66 '^stk: there is no process 18446744073709551615$' 'a number that none can have' \
		pid 99999999999999999999999
	if [ "$(cut -d ' ' -f 2 /proc/2/stat 2> /dev/null)" = '(kthreadd)' ]; then
		refuses 2 '^stk: process 2 \(.*\) is a thread of the kernel' 'a thread of the kernel' pid 2
	else
		skip 'a thread of the kernel' 'there is none in this namespace'
	fi
	start "$work/target" children
	refuses 2 "^stk: process [0-9]+ has exited: it is a zombie that its parent, 'target' \(pid $pid\), has not waited for$" \
		'a zombie, and whose it is' pid "$(head -1 "$work/said")"
	stop
	start "$work/target" places
	local thread
	thread=$(ls "/proc/$pid/task" | tail -1)
	stk pid "$thread"
	[ $status = 0 ] && said "^pid $pid: target" &&
		said "warning: $thread: this is a thread of process $pid \('target'\), which is shown whole"
	result $? 'the number of a thread: says whose it is, and goes on'
	stop
	bash -c 'exec "$0" pid $$' "$STK" > "$work/out" 2> "$work/err"
	[ $? = 64 ] && said 'is stk itself$'
	result $? 'its own number'
}

names_the_tracer() {
	command -v strace > /dev/null || { skip 'a traced process' 'there is no strace'; return; }
	start "$work/target" places
	strace -f -o /dev/null -p "$pid" 2> /dev/null &
	targets+=($!)
	sleep 0.5
	refuses 77 "^stk: process $pid cannot be read: 'strace' \(pid $!\) traces it already, and only one can; end that first, or use --no-pause$" \
		'a process that another traces, by name' pid "$pid"
	stk pid --no-pause "$pid"
	said 'in wait_for_mutex'
	result $? 'and --no-pause reads it all the same'
	stop
}

# The process ends, and its number is given to another, while stk is about to attach to it, or to read it
# without a pause: it has exited, and nothing of the other is shown.
tells_processes_of_one_number() {
	local words='the number is given to another process meanwhile' case
	command -v strace > /dev/null && unshare --fork --pid --mount-proc sh -c 'echo 300 > /proc/sys/kernel/ns_last_pid' 2> /dev/null ||
		{ skip "$words" 'there is no strace, or no namespace can be made'; return; }
	cp "$work/target" "$work/first"
	cp "$work/target" "$work/second"
	for case in ptrace: process_vm_readv:--no-pause; do
		unshare --fork --pid --mount-proc bash -c '
			"$1/first" places > /dev/null & first=$!
			sleep 0.3
			strace -f -o /dev/null -e inject="$3":delay_enter=1500000:when=1 "$2" pid $4 $first > "$1/out" 2> "$1/err" & stk=$!
			sleep 0.7
			kill -KILL $first; wait $first
			echo $((first - 1)) > /proc/sys/kernel/ns_last_pid
			"$1/second" places > /dev/null & second=$!
			wait $stk; status=$?
			kill -KILL $second
			[ $first = $second ] && [ $status = 66 ]' - "$work" "$STK" "${case%%:*}" "${case#*:}" 2> /dev/null
		[ $? = 0 ] && [ ! -s "$work/out" ] && said '^stk: process [0-9]+ has just exited$'
		result $? "$words, ${case%%:*}"
	done
}

# As a user without privileges: the one remedy that applies.
names_the_remedy() {
	[ "$(id -u)" = 0 ] && command -v setpriv > /dev/null || {
		skip 'no permission' 'not root, or there is no setpriv'
		return
	}
	deny() { # PATTERN WORDS
		$as_nobody timeout 60 "$box/stk" pid "$pid" > "$work/out" 2> "$work/err"
		[ $? = 77 ] && [ ! -s "$work/out" ] && [ "$(wc -l < "$work/err")" = 1 ] && said "$1"
		result $? "$2"
	}
	start "$work/target" places
	deny "it belongs to user 0, and stk runs as user 65534; run it as root: sudo stk pid $pid$" \
		"another user's process"
	stop
	start $as_nobody "$box/target" protected
	deny "it is not dumpable: .*; run it as root: sudo stk pid $pid$" 'a process that is not dumpable'
	stop
	start $as_nobody "$box/target" places
	$as_nobody timeout 60 "$box/stk" threads "$pid" > "$work/out" 2> "$work/err"
	[ $? = 0 ] && said 'wait_for_mutex at '
	result $? "one's own process needs no privileges"
	stop
	start "$work/target" places
	setpriv --bounding-set=-sys_ptrace --inh-caps=-all timeout 60 "$STK" pid "$pid" > "$work/out" 2> "$work/err"
	[ $? = 77 ] && said 'root has no CAP_SYS_PTRACE in this container; start the container with --cap-add=SYS_PTRACE$'
	result $? 'root without CAP_SYS_PTRACE, as in a container'
	stop
}

# A root and process numbers of its own.
sees_into_containers() {
	local words='a process in a root and a pid namespace of its own' root=$work/root libs
	unshare --fork --pid true 2> /dev/null || { skip "$words" 'namespaces cannot be made here'; return; }
	rm -rf "$root"
	libs=$(ldd "$work/target" | grep -oE '/[^ ]+')
	mkdir -p "$root/inside"
	cp "$work/target" "$root/inside/contained"
	for l in $libs; do mkdir -p "$root$(dirname "$l")" && cp "$l" "$root$l"; done
	start unshare --fork --pid --kill-child chroot "$root" /inside/contained places
	pid=$(pgrep -P "$pid")
	stk pid "$pid"
	[ $status = 0 ] && said 'in wait_for_mutex$' && said 'target.c:'
	result $? "$words: its own files are used"
	stk info "$pid"
	said "pid namespaces: +$pid 1 \(outermost first\)" && said 'root: +/proc/[0-9]+/root'
	result $? "$words: stk info shows both"
	stop
	rm -rf "$root"
}

build
if [ "${1:-}" = soak ]; then
	dies_well 1000
	echo "$passed passed, $failed failed, $skipped skipped"
	exit $((failed > 0))
fi
shows_places "$work/target" '64-bit'
if [ -x "$work/target32" ]; then
	shows_places "$work/target32" '32-bit'
else
	skip 'a 32-bit process' 'no 32-bit libraries are installed'
fi
says_the_pause
keeps_the_deadline
stops_on_one_cpu
needs_no_hurry
agrees_with_gdb
stays_stopped
loses_no_signal
job_control_gets_through
dies_well 40
reads_leaderless
reads_uninterruptible
survives_change
exits_meanwhile
shows_deep_stacks
finds_deleted_files
reads_without_pause
names_no_process
names_the_tracer
tells_processes_of_one_number
names_the_remedy
sees_into_containers
echo "$passed passed, $failed failed, $skipped skipped"
exit $((failed > 0))

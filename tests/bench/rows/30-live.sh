# SPDX-License-Identifier: Apache-2.0
# How long a process stands still: the longest time that one of its threads, which does nothing but look
# at the clock, did not get to it. The times of this table are these gaps, not those of the tools.
# "none": what the machine does to that thread without any tool.

heartbeat=$B/bench/heartbeat
${CC:-cc} -O1 -g -pthread -o "$heartbeat" testdata/src/live/heartbeat.c || exit 1

longest_gap() { # in us, since the last time
	echo >&"${heart[1]}"
	read -r gap <&"${heart[0]}"
}

gaps() { # RUNS COMMAND...: sets best and median
	local runs=$1 i list=
	shift
	for i in $(seq "$runs"); do
		sleep 0.2
		longest_gap
		timeout -k 5 "${BENCH_TIMEOUT:-300}" "$@" > "$B/bench/out" 2> "$B/bench/err" < /dev/null
		status=$?
		longest_gap
		list="$list $gap"
	done
	read -r best median < <(tr ' ' '\n' <<< "$list" | sort -n | awk '
		NF { v[++n] = $1 / 1000 } END { print v[1], v[int((n + 1) / 2)] }')
	cpu=0 peak=0 private=0
}

# Starts the program that looks at the clock, and takes the gaps without a tool and with stk; sets
# target and pause. It runs on for other tools, until ended().
with_stk() { # WHAT PROGRAM...
	local what=$1
	shift
	coproc heart { exec "$@"; }
	read -r _ <&"${heart[0]}"
	target=$heart_PID
	gaps 11 sleep 0.1
	row "$what" none
	gaps 11 "$stk" pid "$target"
	row "$what" stk "$(sed -n '1s/.*\(paused [^,]*\),.*/says: \1/p' "$B/bench/out")"
	pause=$median
}

ended() {
	kill "$target"
	wait "$target" 2> /dev/null
}

for threads in 4 200 1000; do
	what="pause of $threads threads"
	with_stk "$what" "$heartbeat" $threads 20
	have eu-stack && { gaps 3 eu-stack -p "$target"; row "$what" eu-stack 'one thread after another'; }
	have gdb && { gaps 3 gdb -batch -nx -p "$target" -ex 'thread apply all bt'; row "$what" gdb; }
	have lldb && { gaps 3 lldb -b -p "$target" -o 'thread backtrace all'; row "$what" lldb; }
	case $threads in
	200) reach "$what" "$pause" 10 ms ;;
	1000) reach "$what" "$pause" 50 ms ;;
	esac
	ended
done

# The same of a goroutine that does nothing else, beside 10,000 that wait.
many=$B/bench/many
if have go && (cd testdata/src/go && go build -buildvcs=false -o "$many" ./many); then
	what='pause of 10,000 goroutines'
	with_stk "$what" "$many" 10000 beat
	if have dlv; then
		printf 'goroutines -t\nexit\n' > "$B/bench/dlv.cmd"
		gaps 1 dlv attach "$target" --init "$B/bench/dlv.cmd" --allow-non-terminal-interactive=true \
			--check-go-version=false
		row "$what" dlv "'goroutines -t'"
	fi
	reach "$what" "$pause" 100 ms
	ended
fi

# SPDX-License-Identifier: Apache-2.0
# Cores of native programs.

# The bytes of a core's stacks: what a core of so many threads consists of.
allocated_mib() { echo $(($(stat -c %b "$1") / 2048)); }

frames_of() { # CORE: all frames, inlined calls too
	"$stk" core -q -f folded "$1" | awk '{ n = $NF; $NF = ""; sum += n * (gsub(/;/, "") + 1) } END { print sum }'
}

if fixture bench-threads-2001; then
	what='2,001 threads x 36 frames'
	measure 7 "$stk" core "$exe" "$core"
	row "$what" stk
	ours=$best
	if have lldb; then
		measure 3 lldb -b -o 'bt all' -c "$core" "$exe"
		row "$what" lldb "'bt all'"
		reach_least "$what: faster than lldb" "$(calc "$best / $ours")" 40 times
	fi
	if have gdb; then
		measure 3 gdb -batch -nx -ex 'thread apply all bt' "$exe" "$core"
		row "$what" gdb "'thread apply all bt'"
		ratio "$what: faster than gdb" "$ours" "$best"
	fi
	if [ -n "${BENCH_SLOW:-}" ] && have eu-stack; then
		measure 1 eu-stack -i -s --core "$core" -e "$exe"
		row "$what" eu-stack '-i -s'
		ratio "$what: faster than eu-stack" "$ours" "$best"
	fi
fi

if fixture bench-threads-10000; then
	what='10,000 threads x 50 frames'
	frames=$(frames_of "$core")
	measure 5 "$stk" core "$exe" "$core"
	row "$what" stk "$frames frames, core of $(allocated_mib "$core") MiB on disk"
	reach "$what: a frame" "$(calc "$best * 1000 / $frames" 2)" 2 us
	reach "$what: private memory" "$private" "$(($(allocated_mib "$core") + 100))" MiB
	if have gdb; then
		measure 1 gdb -batch -nx -ex 'thread apply all bt' "$exe" "$core"
		row "$what" gdb "'thread apply all bt'"
	fi
fi

if fixture bench-recursion; then
	what='174,000 frames of recursion'
	measure 7 "$stk" core "$exe" "$core"
	row "$what" stk
	reach "$what" "$best" 300 ms
	if have gdb; then
		measure 1 gdb -batch -nx -ex bt "$exe" "$core"
		row "$what" gdb bt
	fi
	if have lldb; then
		measure 1 lldb -b -o bt -c "$core" "$exe"
		row "$what" lldb bt
	fi
fi

if fixture null-read; then
	what='small core, one thread'
	measure 21 "$stk" core "$exe" "$core"
	row "$what" stk
	reach "$what" "$best" 20 ms
	if have gdb; then
		measure 5 gdb -batch -nx -ex bt "$exe" "$core"
		row "$what" gdb bt
	fi
	if have eu-stack; then
		measure 5 eu-stack -i -s --core "$core" -e "$exe"
		row "$what" eu-stack '-i -s'
	fi
	if have lldb; then
		measure 5 lldb -b -o bt -c "$core" "$exe"
		row "$what" lldb bt
	fi
fi

# Farther into libc's debug information.
if fixture abort; then
	what='small core, abort()'
	measure 21 "$stk" core "$exe" "$core"
	row "$what" stk
	reach "$what" "$best" 20 ms
fi

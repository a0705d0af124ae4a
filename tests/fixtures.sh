#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the programs of testdata/src and makes them die, so that there are cores to test with.
#
#	tests/fixtures.sh build [NAME...]   makes what is missing or older than its source (all)
#	tests/fixtures.sh list              prints the names (but those of bench-*: only when named)
#	tests/fixtures.sh show NAME         prints how one is made
#	tests/fixtures.sh path NAME         builds it and prints its directory; fails when it was skipped
#
# Everything goes to $FIXTURES/NAME/ ($B/fixtures/NAME/ unless set; B is the build directory, "build"
# unless set): the program, called NAME too, `core`, what it printed in `output`, and `skipped` with a reason where it cannot be
# made on this machine. What a fixture is stands at the top of its source:
#
#	fixture NAME: COMMAND   how it is compiled
#	  then: COMMAND         and what follows
#	  needs: NAME           another one that must be there first
#	  run: COMMAND          how it is started: ./NAME unless said
#	  core: kernel          where the core comes from (the default)
#	        gcore           from gdb's gcore, after the program has printed "ready"
#	        both            first gcore (core.gcore), then the kernel (core, by SIGABRT)
#	        qemu            from qemu-user: a program of another architecture
#	        made            the commands have made it; nothing is run
#	  after: COMMAND        when the core is there
#
# A new variant of a program that others have cases of belongs behind its code, or into a *.fixtures
# file: line numbers are part of what is compared.
#
# Commands run in the fixture's directory with $src (the source), $srcs (its directory), $exe (the
# program), $coretool (tests/coretool.c), $top (the project) set. Programs run without address
# randomisation and with an empty environment: their addresses are the same each time.
set -u
LC_ALL=C
export LC_ALL
top=$(cd "$(dirname "$0")/.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$top/$B ;; esac
srcs=$top/testdata/src
all=${FIXTURES:-$B/fixtures}
coretool=$all/.coretool

# NAME<tab>SOURCE<tab>KEY<tab>VALUE, a line for each line of each recipe
table() {
	awk '
	FNR == 1 { name = "" }
	{ sub(/^[ \t]*(\/\*|\*|\/\/|#)?[ \t]*/, "") }
	/^fixture [^ ]+: / {
		name = $2
		sub(/:$/, "", name)
		sub(/^fixture [^ ]+: /, "")
		print name "\t" FILENAME "\tbuild\t" $0
		next
	}
	name != "" && /^(then|needs|run|core|after): / {
		key = $1
		sub(/:$/, "", key)
		sub(/^[a-z]+: +/, "")
		print name "\t" FILENAME "\t" key "\t" $0
		next
	}
	{ name = "" }
	' "$srcs"/*.c "$srcs"/*.cc "$srcs"/*.rs "$srcs"/*.go "$srcs"/*.fixtures
}

recipe() { # NAME
	awk -F '\t' -v name="$1" '$1 == name' "$all/.table"
}

value() { # NAME KEY
	recipe "$1" | awk -F '\t' -v key="$2" '$3 == key { print $4 }'
}

skip() { # REASON
	echo "$*" > "$dir/skipped"
	echo "SKIP: $name: $*"
	exit 0
}

# A core that the kernel writes lands in the program's directory only where core_pattern says so.
kernel_writes_here() {
	case $(cat /proc/sys/kernel/core_pattern) in
	core | core.*) ulimit -c unlimited 2>/dev/null ;;
	*) return 1 ;;
	esac
}

# The system's own addresses and an empty environment.
plainly_exec() {
	exec env -i PATH=/usr/bin:/bin LC_ALL=C exe="$exe" setarch -R "$@"
}

core_from_kernel() { # COMMAND
	kernel_writes_here || { core_from_gdb "$1"; return; }
	# The shell in between says "Segmentation fault" into the output, and not to us.
	(plainly_exec sh -c 'timeout -k 5 60 sh -c "exec $1"; :' sh "$1") > output 2>&1 < /dev/null
	for c in core.[0-9]*; do
		[ -f "$c" ] && mv "$c" core
	done
	[ -f core ] || return 1
}

# Where the kernel's cores go elsewhere, gdb runs the program and writes one.
core_from_gdb() { # COMMAND
	command -v gdb > /dev/null || skip 'the kernel writes no core here, and there is no gdb'
	printf 'exec %s\n' "$1" > .command
	timeout -k 5 120 gdb -batch -nx -ex 'set startup-with-shell off' -ex run -ex 'gcore core' \
		-ex kill --args /bin/sh .command > output 2>&1 < /dev/null
	[ -f core ]
}

wait_ready() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		grep -qs ready output && sleep 0.3 && return
		sleep 0.1
	done
	return 1
}

core_from_gcore() { # COMMAND [kernel: and then the kernel's core too]
	command -v gdb > /dev/null || skip 'there is no gdb'
	[ -z "${2:-}" ] || kernel_writes_here || skip 'the kernel writes no core here'
	plainly_exec sh -c "exec $1" > output 2>&1 < /dev/null &
	pid=$!
	wait_ready && timeout 60 gdb -batch -nx -p $pid -ex 'gcore core.gcore' > gcore.output 2>&1
	[ -n "${2:-}" ] && kill -ABRT $pid || kill -KILL $pid
	{ wait $pid; } 2> /dev/null
	for c in core.[0-9]*; do
		[ -f "$c" ] && mv "$c" core
	done
	[ -n "${2:-}" ] || mv core.gcore core
	[ -f core ]
}

core_from_qemu() { # COMMAND
	command -v qemu-aarch64 > /dev/null || skip 'there is no qemu-aarch64'
	ulimit -c unlimited
	env -i PATH="$PATH" exe="$exe" timeout -k 5 60 sh -c "exec qemu-aarch64 $1" > output 2>&1 < /dev/null
	rm -f core core.[0-9]*
	mv qemu_*.core core 2> /dev/null || skip 'qemu-aarch64 wrote no core'
}

make_core() {
	run=$(value "$name" run)
	run=${run:-./\$exe}
	case $(value "$name" core) in
	made) [ "$run" = './$exe' ] || eval "timeout 60 $run" > output 2>&1 < /dev/null ;;
	gcore) core_from_gcore "$run" ;;
	both) core_from_gcore "$run" kernel ;;
	qemu) core_from_qemu "$run" ;;
	*) core_from_kernel "$run" ;;
	esac
}

# Runs the commands of some keys; a tool that is not there is a reason to skip.
commands() { # KEYS
	recipe "$name" | awk -F '\t' -v keys="$1" 'index(keys, $3) { print $4 }' > .commands
	while read -r tool _; do
		case $tool in *=* | :) continue ;; '$coretool') continue ;; esac
		command -v "$tool" > /dev/null || skip "there is no $tool"
	done < .commands
	sh -e .commands > build.output 2>&1 && return
	case $(cat build.output) in
	*"cannot find -l"* | *"cannot find Scrt1.o"* | *"bits/libc-header-start.h"* | *"invalid linker name"*)
		skip "the libraries or the linker for it are not installed" ;;
	esac
	sed "s/^/$name: /" build.output >&2
	return 1
}

# What it is made from: the recipe, the sources by content (a checkout changes their times), and
# the one it needs.
ingredients() {
	echo "$src"
	recipe "$name"
	cat "$src" "${src%.*}"-other.* 2> /dev/null | cksum
	[ -z "$needs" ] || stat -c '%i %Y' "../$needs/.made"
}

make_one() {
	name=$1
	dir=$all/$name
	src=$(recipe "$name" | head -1 | cut -f 2)
	[ -n "$src" ] || { echo "$name: no such fixture" >&2; return 1; }
	needs=$(value "$name" needs)
	[ -z "$needs" ] || make_one_alone "$needs" || return 1
	name=$1 dir=$all/$1
	src=$(recipe "$name" | head -1 | cut -f 2)
	exe=$name
	export src srcs exe coretool top
	mkdir -p "$dir" && cd "$dir" || return 1
	ingredients > "$all/.new.$name"
	if cmp -s "$all/.new.$name" .made; then
		rm "$all/.new.$name"
		return
	fi
	rm -rf "$dir" && mkdir "$dir" && cd "$dir" || return 1
	if [ -n "$needs" ] && [ -f "../$needs/skipped" ]; then
		skip "$(cat "../$needs/skipped")"
	fi
	commands 'build then' || return 1
	make_core || { echo "$name: no core was made" >&2; return 1; }
	commands after || return 1
	rm -f .commands
	mv "$all/.new.$name" .made
}

# Several may ask for the same one at the same time.
make_one_alone() { # NAME
	(
		exec 9> "$all/.lock.$1" && flock 9 || exit 1
		make_one "$1" 9>&-
	)
}

prepare() {
	mkdir -p "$all" || exit 1
	(
		exec 9> "$all/.lock" && flock 9 || exit 1
		table > "$all/.table.new"
		cmp -s "$all/.table.new" "$all/.table" || cp "$all/.table.new" "$all/.table"
		[ "$coretool" -nt "$top/tests/coretool.c" ] ||
			${CC:-cc} -O1 -o "$coretool" "$top/tests/coretool.c"
	) || exit 1
}

case ${1:-} in
list)
	table | awk -F '\t' '$3 == "build" && $1 !~ /^bench-/ { print $1 }'
	;;
show)
	table | awk -F '\t' -v name="${2:?}" '$1 == name { print $3 ": " $4 }'
	;;
path)
	"$0" build "${2:?}" >&2
	[ -f "$all/$2/.made" ] && [ ! -f "$all/$2/skipped" ] && echo "$all/$2"
	;;
build)
	shift
	prepare
	if [ $# = 0 ]; then
		set -- $("$0" list)
	fi
	export B
	printf '%s\n' "$@" | xargs -P "${JOBS:-4}" -n 1 "$0" one
	;;
one)
	make_one_alone "$2"
	;;
*)
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
	exit 64
	;;
esac

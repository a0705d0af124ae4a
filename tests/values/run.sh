#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds the values that stk shows (-a -l) against gdb's `info args` and `info locals`, those of Go
# against Delve's `args`, on the same cores, variable by variable.
#
# Compared is what both tell in one notation: numbers, characters, booleans, enumerators, strings,
# addresses. Structures and containers differ in notation on purpose; those are in the golden cases
# of tests/cli/values.test.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
B=${B:-$top/build}
STK=${STK:-$B/stk}
FIXTURES=${FIXTURES:-$B/fixtures}
LC_ALL=C
export LC_ALL B FIXTURES

command -v gdb > /dev/null || { echo "SKIP: there is no gdb"; exit 0; }
all='values-c values-c-O2 values-c-packed values-c-dwarf4 values-c-clang values-c-clang-O2 values-c-m32
	values-cc values-cc-O2 values-cc-clang values-vector values-vector-clang'
sh "$top/tests/fixtures.sh" build $all > /dev/null 2>&1
out=$B/values
mkdir -p "$out"

plain='
# "name = value", where the value is of those that both write alike; others are dropped.
function emit(name, value) {
	sub(/^\(.*\*\) /, "", value)                 # (int *) 0x0
	sub(/^\(.*\)\) /, "", value)                 # (void (*)(int)) 0x...
	sub(/^\(.*\) 0x/, "0x", value)
	if (value ~ /^-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?$/ || value ~ /^(true|false|<optimized out>)$/ ||
	    value ~ /^-?[0-9]+ \047.*\047$/ || value ~ /^[A-Z]+$/ || value ~ /^\([A-Z]+( \| [A-Z]+)*\)$/ ||
	    value ~ /^"[^"]*"$/ || value ~ /^0x[0-9a-f]+( "([^"\\]|\\.)*"| <[a-z_]+(\(int\))?>)?$/) {
		sub(/\(int\)>$/, ">", value)
		print name " = " value
	}
}'

for name in $all; do
	dir=$FIXTURES/$name
	if [ -f "$dir/skipped" ] || [ ! -f "$dir/core" ]; then
		echo "ok - $name # SKIP $(cat "$dir/skipped" 2> /dev/null)"
		continue
	fi
	frame=$(timeout 600 gdb -batch -nx -ex bt "$dir/$name" "$dir/core" 2> /dev/null |
		awk '/^#[0-9]+ .*leaf \(/ { sub(/#/, "", $1); print $1; exit }')
	timeout 600 gdb -batch -nx -ex 'set width 0' -ex "frame ${frame:-0}" -ex 'info args' -ex 'info locals' \
		"$dir/$name" "$dir/core" 2> /dev/null |
		awk "$plain"'
		/^#[0-9]+ .*leaf \(/ { on = 1; next }
		on && match($0, /^[a-z_]+ = /) { emit(substr($0, 1, RLENGTH - 3), substr($0, RLENGTH + 1)) }
		' | sort > "$out/$name.gdb"
	"$STK" core -q -a -l "$dir/$name" "$dir/core" 2> /dev/null |
		awk "$plain"'
		/^ *[0-9]+  0x/ { on = ($0 ~ / in leaf$/) }
		on && match($0, /^ +[a-z_]+ = /) {
			name = substr($0, 1, RLENGTH - 3); sub(/^ +/, "", name)
			emit(name, substr($0, RLENGTH + 1))
		}' | sort > "$out/$name.stk"
	# What gdb tells and stk tells otherwise, or not at all. That stk tells more is no fault.
	join -t = -a 1 -o 0,1.2,2.2 -e nothing "$out/$name.gdb" "$out/$name.stk" |
		awk -F = '$2 != $3 && $2 != " <optimized out>" { print }' > "$out/$name.differ"
	n=$(wc -l < "$out/$name.gdb")
	if [ "$n" -lt 3 ]; then
		echo "not ok - $name: gdb told only $n values"
	elif [ -s "$out/$name.differ" ]; then
		echo "not ok - $name: name = gdb = stk"
		sed 's/^/    /' "$out/$name.differ"
	else
		echo "ok - $name: the values of $n variables agree"
	fi
done

# Of Go: Delve's `args` of each function of the program, as far as they are numbers and strings.
# Compared is the build without optimization, where every argument has one place.
name=values-go
dir=$FIXTURES/$name
sh "$top/tests/fixtures.sh" build $name > /dev/null 2>&1
if ! command -v dlv > /dev/null || [ ! -f "$dir/core" ]; then
	echo "ok - $name # SKIP there is no dlv, or no core: $(cat "$dir/skipped" 2> /dev/null)"
	exit 0
fi
alike='/^ *[a-z]+ = (-?[0-9]+(\.[0-9]+)?|true|false|"[^"]*")$/ { sub(/^ */, ""); print func_name ": " $0 }'
delve() {
	timeout 60 dlv core "$dir/$name" "$dir/core" --check-go-version=false \
		--allow-non-terminal-interactive=true 2> /dev/null | sed 's/^(dlv) //'
}
frames=$(printf 'bt\nexit\n' | delve | awk '$4 ~ /^main\.[a-z]+$/ && $3 == "in" { print $1 " " $4 }')
echo "$frames" | while read -r number func; do
	printf 'frame %s args\nexit\n' "$number" | delve | awk -v func_name="$func" "$alike"
done | sort > "$out/$name.dlv"
"$STK" core -q -a "$dir/$name" "$dir/core" 2> /dev/null |
	awk '/^ *[0-9]+  0x/ { func_name = $4; sub(/\(.*/, "", func_name) }'"$alike" |
	grep '^main\.[a-z]*:' | sort > "$out/$name.stk"
comm -23 "$out/$name.dlv" "$out/$name.stk" | grep -v ' result = ' > "$out/$name.differ"
n=$(wc -l < "$out/$name.dlv")
if [ "$n" -lt 5 ]; then
	echo "not ok - $name: Delve told only $n values"
elif [ -s "$out/$name.differ" ]; then
	echo "not ok - $name: Delve's values that stk does not show so"
	sed 's/^/    /' "$out/$name.differ"
else
	echo "ok - $name: $n values of arguments agree with Delve's"
fi

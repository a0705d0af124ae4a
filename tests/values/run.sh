#!/bin/sh
# Holds the values that stk shows (-a -l) against gdb's `info args` and `info locals`, on the same
# cores, variable by variable.
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
all='values-c values-c-O2 values-c-dwarf4 values-c-clang values-c-clang-O2 values-c-m32
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
	frame=$(timeout 60 gdb -batch -nx -ex bt "$dir/$name" "$dir/core" 2> /dev/null |
		awk '/^#[0-9]+ .*leaf \(/ { sub(/#/, "", $1); print $1; exit }')
	timeout 60 gdb -batch -nx -ex 'set width 0' -ex "frame ${frame:-0}" -ex 'info args' -ex 'info locals' \
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

#!/bin/sh
# make check-layers: who includes whom, held against lib/LAYERS. A directory is entered through its
# door, DIR/DIR.h; elfutils only where processes are read; cmd/ sees <stk.h> and itself.
set -u
cd "$(dirname "$0")/.." || exit 1
awk '
function bad(text) { printf "not ok - %s:%d: %s\n", FILENAME, FNR, text; wrong++ }
FILENAME == "lib/LAYERS" {
	if (/^#/ || !/:/) next
	dir = $1
	sub(/:$/, "", dir)
	known[dir] = 1
	for (i = 2; i <= NF; i++) allowed[dir, $i] = 1
	next
}
FNR == 1 {
	files++
	n = split(FILENAME, part, "/")
	from = n > 2 && part[1] == "lib" ? part[2] : part[1]
	if (part[1] == "lib" && n > 2 && from != "include" && !(from in known))
		bad("lib/" from "/ is not in lib/LAYERS")
}
/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
	what = $0
	sub(/^[^<"]*[<"]/, "", what)
	sub(/[>"].*/, "", what)
	if (from != "image" && from != "sym" && from != "lang" && what ~ /libdwfl/)
		bad("libdwfl is not for " from "/")
	if (from == "cmd") {
		if (what ~ /\// && what !~ /^sys\//) bad("cmd/ sees <stk.h> only, not " what)
		next
	}
	if (what ~ /^\.\.\/include\/stk\.h$/ || (n == 2 && part[1] == "lib")) next
	if (what ~ /^\.\.\//) {
		m = split(what, to, "/")
		if (m != 3 || to[3] != to[2] ".h") bad("the door is " to[2] "/" to[2] ".h, not " what)
		if (!((from, to[2]) in allowed)) bad(from "/ may not include " to[2] "/")
	} else if (what ~ /^(base|model|image|sym|lang|input|analyze|output)\//) {
		bad("write ../" what)
	}
}
END {
	if (!wrong) printf "ok - the includes of %d files follow lib/LAYERS\n", files
	exit wrong > 0
}
' lib/LAYERS $(find lib cmd -name '*.[ch]' | sort)

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make check-layers: who includes whom, held against lib/LAYERS. A directory and a room are entered
# through their door; elfutils only where processes are read; cmd/ sees <stk.h> and itself.
set -u
cd "$(dirname "$0")/.." || exit 1
awk '
function bad(text) { printf "not ok - %s:%d: %s\n", FILENAME, FNR, text; wrong++ }
function dir_of(path) { sub(/\/?[^\/]*$/, "", path); return path }
function top_of(dir) { sub(/\/.*/, "", dir); return dir }
function door_of(dir,  name) { name = dir; sub(/.*\//, "", name); return dir "/" name ".h" }
# "input/exe" and "../text/text.h" give "input/text/text.h"
function join(dir, path) {
	while (path ~ /^\.\.\//) {
		path = substr(path, 4)
		dir = dir_of(dir)
	}
	return dir == "" ? path : dir "/" path
}
function within(dir, outer) { return outer == "" || dir == outer || index(dir, outer "/") == 1 }
function check(to, path) {
	if (to == from) return
	if (!(to in known)) return bad(path " is in no directory of lib/LAYERS")
	if (within(from, to)) return
	if ((from, path) in allowed || (top_of(from), path) in allowed) return
	if (path != door_of(to)) return bad("the door is " door_of(to) ", not " path)
	if (within(to, from) && dir_of(to) == from) return
	if (top_of(to) != top_of(from) ? !((top_of(from), to) in allowed) : !((from, to) in allowed))
		bad(from "/ may not include " to "/")
}
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
	lib = FILENAME ~ /^lib\//
	from = dir_of(lib ? substr(FILENAME, 5) : FILENAME)
	if (lib && from != "" && from != "include" && !(from in known))
		bad("lib/" from "/ is not in lib/LAYERS")
}
/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
	what = $0
	sub(/^[^<"]*[<"]/, "", what)
	sub(/[>"].*/, "", what)
	if (top_of(from) !~ /^(image|sym|lang)$/ && what ~ /libdwfl/)
		bad("libdwfl is not for " from "/")
	if (!lib) {
		if (what ~ /\// && what !~ /^(sys|linux)\//) bad("cmd/ sees <stk.h> only, not " what)
		next
	}
	if (from == "" || from == "include" || /</ || what ~ /\.inc$|pb-c\.h$/) next
	path = join(from, what)
	if (path != "include/stk.h") check(dir_of(path), path)
}
END {
	if (!wrong) printf "ok - the includes of %d files follow lib/LAYERS\n", files
	exit wrong > 0
}
' lib/LAYERS $(find lib cmd -name '*.[ch]' | sort)

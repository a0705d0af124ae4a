#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What make tells of itself: `make help` lists the targets by groups, and an editor can compile each file
# by what compile_commands.json says.
set -u
: "${TOP:?}" "${B:?}"
. "$TOP/tests/tap.sh"
cd "$TOP" || exit 1
make=(env -u MAKEFLAGS -u MAKELEVEL make -s --no-print-directory B="$B")

"${make[@]}" help > "$dir/help"
grep -h '^## [^ ]*: ' Makefile tests/check.mk | sed 's/^## \([^ ]*\): .*/\1/' | sort > "$dir/told"
awk '/^  [^ ]/ { print $1 }' "$dir/help" | sort > "$dir/listed"
cmp "$dir/told" "$dir/listed"
ok 'make help lists each target that is told' $?
awk '/^[A-Z]/ { group = 1 } /^$/ { group = 0 } /^  / && !group { exit 1 }' "$dir/help"
ok 'each stands under the name of a group' $?
awk '/^  / { match($0, /^  [^ ]+ +/); if (at && RLENGTH != at) exit 1; at = RLENGTH }' "$dir/help"
ok 'their texts stand in one column' $?
unknown=$(while read -r target; do
	grep -q "^$target:" Makefile tests/check.mk || echo "$target"
done < "$dir/told")
[ -z "$unknown" ]
ok "make knows each of them${unknown:+, but not }$unknown" $?

if ! command -v python3 > /dev/null; then
	skip 'compile_commands.json' 'there is no python3'
	finish
fi
"${make[@]}" compile_commands.json
ok 'compile_commands.json is written' $?
# One of a room with generated includes, of a library's room, of cmd/ and of the tests.
python3 - > "$dir/out" 2>&1 << 'END'
import json, subprocess, sys
entries = json.load(open("compile_commands.json"))
files = {entry["file"]: entry for entry in entries}
wrong = len(files) != len(entries)
for file in ("lib/output/html/html.c", "lib/output/profile/pprof.c", "lib/lang/go/unwind.c", "cmd/main.c",
             "tests/unit/test_json.c", "tests/fuzz/fuzz_core.c"):
    run = subprocess.run(files[file]["command"] + " -fsyntax-only", shell=True,
                         cwd=files[file]["directory"], capture_output=True, text=True)
    if run.returncode or run.stderr:
        wrong = True
        print(file, run.stderr)
sys.exit(wrong)
END
status=$?
cat "$dir/out"
ok 'files of all parts compile by their commands there' $status
finish

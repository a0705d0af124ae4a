#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make lint: the rules of the house that a script can see. Prints what breaks them.
set -u
cd "$(dirname "$0")/.." || exit 1
wrong=0
named=$(mktemp)
sources=$(find lib cmd -name '*.[ch]' | sort)

awk '
function bad(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; wrong++ }
FNR == 1 { start = 0; check_length() ; last = FILENAME; count = 0 }
function check_length() { if (count > 600 && last !~ /include\/stk.h$/) { printf "%s: %d lines (600)\n", last, count; wrong++ } }
{
	if (!/^[ \t]*\/\* clang-format o(n|ff) \*\/$/) count++
	line = $0
	gsub(/\t/, "        ", line)
	gsub(/[\200-\277]/, "", line) # what goes on with a character
	if (length(line) > 110) bad(length(line) " columns (about 100)")
	if (/[ \t]$/) bad("blanks at the end of the line")
}
# A function ends at a brace in the first column; it begins after the one before it.
/^\{/ { start = FNR }
/^\}/ { if (start && FNR - start > 81) bad("a function of " FNR - start - 1 " lines (80)"); start = 0 }
FILENAME ~ /^lib\// && /(^|[^a-z_.>])(printf|fprintf|puts|exit|abort|perror)\(/ && FILENAME !~ /base\/alloc.c$/ \
	{ bad("the library neither prints nor exits") }
FILENAME !~ /^lib\/(image|sym|lang)\// && /[^a-z_]dwfl_[a-z]/ { bad("libdwfl outside image/, sym/ and lang/") }
/(^|[^A-Za-z0-9_])(TODO|FIXME|XXX|HACK)($|[^A-Za-z0-9_])/ { bad("unfinished") }
END { check_length(); exit wrong > 0 }
' $sources || wrong=1

# A file tells its licence in its first line, or in its second after a #! line.
awk '
function look() { if (file != "" && !told) { printf "%s:1: no line \"%s\" at the top\n", file, want; wrong = 1 } }
BEGIN { want = "SPDX-License-Identifier: Apache-2.0" }
FNR == 1 { look(); file = FILENAME; told = 0; script = /^#!/ }
index($0, want) && (FNR == 1 || FNR == 2 && script) { told = 1 }
END { look(); exit wrong }
' $(find Makefile .ci cmd lib tests man -type f \( -perm -u+x -o -name '*.[ch1-8]' -o -name LAYERS \
	-o -name '*.cc' -o -name '*.sh' -o -name '*.awk' -o -name '*.mk' -o -name '*.py' \
	-o -name '*.js' -o -name '*.css' -o -name '*.proto' \) | sort) || wrong=1

# What the documents call by name is there: in the picture of lib/README.md the words behind
# "DIRECTORY/" up to a line of the picture, anywhere else a path in backquotes. A name with "foo" is
# an example; one that begins with a directory of another tree is not ours.
named_in_picture() {
	awk '/^```/ { if (++fences == 2) exit; next }
		!fences { next }
		{
			dir = ""
			for (i = 1; i <= NF; i++) {
				word = $i
				if (word ~ /^[a-z]+\/$/) {
					room = dir == "" ? "" : "lib/" dir word
					if (room != "" && !system("test -d " room)) { print FNR, room; continue }
					dir = word
					print FNR, dir == "cmd/" ? dir : "lib/" dir
				} else if (word ~ /^[a-z]+\/\.\.\.$/ && dir != "") {
					print FNR, "lib/" dir substr(word, 1, length(word) - 3)
				} else if (word ~ /^[a-z0-9_]+\.[ch]$/) {
					print FNR, (dir == "" ? "cmd/" : "lib/" dir) word
				} else if (word ~ /^[a-z0-9_]+$/ && dir != "") {
					print FNR, "lib/" dir word
				} else if (word != "...") {
					dir = ""
				}
			}
		}' "$1"
}
named_in_text() {
	awk '/^```/ { on = !on }
		on { next }
		{
			n = split($0, part, "`")
			for (i = 2; i <= n; i += 2)
				if (part[i] ~ /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*\/?$/ && part[i] ~ /\/|\.(c|h|sh|md|mk)$/ &&
				    part[i] !~ /foo|NAME|^(build|usr|etc|proc|share)/)
					print FNR, part[i]
		}' "$1"
}
there() { # PATH NEAR
	for base in "" lib/ lib/include/ cmd/ tests/ testdata/ man/ "$2"; do
		for end in "" .c .h / ; do
			[ -e "$base$1$end" ] && return
		done
	done
	set -- $(find lib cmd tests -name "${1##*/}" -path "*/$1" | head -1) # by the end of its path
	[ $# -gt 0 ]
}
for page in README.md lib/README.md tests/README.md tests/*/README.md .github/*.md; do
	[ -f "$page" ] || continue
	{
		[ "$page" = lib/README.md ] && named_in_picture "$page"
		named_in_text "$page"
	} > "$named"
	while read -r line path; do
		there "$path" "$(dirname "$page")/" && continue
		echo "$page:$line: there is no $path"
		wrong=1
	done < "$named"
done
rm -f "$named"

# Another release of clang-format has other opinions.
if [ -f .clang-format ]; then
	case $(clang-format --version 2> /dev/null) in
	*' version 14.'*)
		clang-format --dry-run -Werror $sources $(find tests -name '*.[ch]' | sort) || wrong=1
		;;
	*) echo 'ok - sources are laid out as .clang-format says # SKIP there is no clang-format 14' ;;
	esac
fi

[ $wrong = 0 ] || { echo 'not ok - the rules of the house'; exit 1; }
echo 'ok - the rules of the house'

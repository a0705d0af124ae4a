#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make lint: the rules of the house that a script can see. Prints what breaks them.
set -u
wrong=0
cd "$(dirname "$0")/.." || exit 1
awk '
function bad(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; wrong++ }
FNR == 1 { start = 0; check_length() ; last = FILENAME; count = 0 }
function check_length() { if (count > 600) { printf "%s: %d lines (600)\n", last, count; wrong++ } }
{
	count = FNR
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
/\y(TODO|FIXME|XXX|HACK)\y/ { bad("unfinished") }
END { check_length(); exit wrong > 0 }
' $(find lib cmd -name '*.[ch]' | sort) || wrong=1

# A file tells its licence in its first line, or in its second after a #! line.
for f in $(find Makefile .ci cmd lib tests man -type f \( -perm -u+x -o -name '*.[ch1-8]' -o -name LAYERS \
	-o -name Makefile -o -name '*.cc' -o -name '*.sh' -o -name '*.awk' -o -name '*.mk' -o -name '*.py' \
	-o -name '*.js' -o -name '*.css' -o -name '*.proto' \) | sort); do
	sed 2q "$f" | grep -q 'SPDX-License-Identifier: Apache-2\.0' && continue
	echo "$f:1: no line \"SPDX-License-Identifier: Apache-2.0\" at the top"
	wrong=1
done
exit $wrong

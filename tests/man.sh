#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make check-man. STK is the program: what it can do is in its manual, and the other way round.
set -u
stk=$(realpath "$STK")
cd "$(dirname "$0")/.." || exit 1
failed=0
result() { # STATUS WORDS
	if [ "$1" = 0 ]; then echo "ok - $2"; else echo "not ok - $2"; failed=1; fi
}
escaped() { printf '%s' "$1" | sed 's/-/\\\\*-/g'; }

# Every option of every command, as its help lists them.
missing=
commands=$("$stk" -h | awk '/^  [a-z]/ { print $1 }')
for c in $commands; do
	grep -q "^\.\(It\|Ss\|Ic\|Nm\).* $c\b" man/stk.1 || missing="$missing $c"
	for o in $("$stk" "$c" -h | awk '/^  (-.|  )/' | grep -oE '(^|[ ,])-(-[a-z-]+|[a-zA-Z])\b' | tr -d ' ,'); do
		grep -qE -- "^\.It.* Fl $(escaped "${o#-}")( |$)" man/stk.1 || missing="$missing $c:$o"
	done
done
[ -z "$missing" ]
result $? "stk.1 names every command and option${missing:+: not}$missing"

missing=
for f in $("$stk" core -h | sed -n '/^Formats:/,$s/^  \([a-z0-9]*\) .*/\1/p'); do
	grep -qE "^\.It Cm $f( |$)" man/stk.1 || missing="$missing $f"
done
[ -z "$missing" ]
result $? "stk.1 names every format${missing:+: not}$missing"

# And nothing that is not there.
extra=
all=$(for c in $commands; do "$stk" "$c" -h; done)
for o in $(sed -n 's/^\.It Fl //p' man/stk.1 | grep -oE '\\-[a-z\-]+|^-[a-z-]+' | tr -d '\\' | sort -u); do
	printf '%s\n' "$all" | grep -qE -- "-$o( |=|\[|$)" || extra="$extra -$o"
done
[ -z "$extra" ]
result $? "stk.1 names no other option${extra:+:}$extra"

missing=
for code in $(sed -n 's/^\tX([A-Z_]*, "\([a-z-]*\)", STK_.*/\1/p' lib/include/stk.h); do
	grep -qE "^\.It (Li|Cm|Sy) $code" man/stk-notes.7 || missing="$missing $code"
done
[ -z "$missing" ]
result $? "stk-notes.7 explains every code${missing:+: not}$missing"

missing=
for f in $(sed -n 's/^STK_API .*[ *]\(stk_[a-z_]*\)(.*/\1/p' lib/include/stk.h); do
	grep -q "^\.F[no] .*\b$f\b" man/libstk.3 || missing="$missing $f"
done
[ -z "$missing" ]
result $? "libstk.3 names every function${missing:+: not}$missing"

if command -v mandoc > /dev/null; then
	for page in man/*.[1-8]; do
		# Lines are as long here as elsewhere, and which pages are installed is chance.
		said=$(mandoc -Tlint -W style "$page" 2>&1 |
			grep -v 'longer than 80 bytes\|referenced manual not found\|outdated mandoc.db')
		[ -z "$said" ] || printf '%s\n' "$said"
		[ -z "$said" ]
		result $? "$page has no fault that mandoc sees"

		# .Ql a , Ql b is one quote in another: such a macro quotes the rest of its line.
		said=$(mandoc -Tutf8 "$page" | sed 's/.\x08//g' | awk '{ text = text " " $0 }
			END {
				gsub(/ +/, " ", text)
				gsub(/‘|“/, "\001", text)
				gsub(/’|”/, "\002", text)
				while (match(text, /\001[^\002]*\001[^\002]*\002?/)) {
					print "nested: " substr(text, RSTART, RLENGTH)
					text = substr(text, RSTART + RLENGTH)
				}
			}' | tr '\001\002' '"')
		[ -z "$said" ] || printf '%s\n' "$said"
		[ -z "$said" ]
		result $? "$page quotes nothing within a quote"
	done
else
	echo 'ok - the pages are mdoc # SKIP there is no mandoc'
fi
exit $failed

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The sessions of README.md print what it shows, and the examples of the manuals run.
set -u
: "${TOP:?}" "${STK:?}" "${FIXTURES:?}" "${B:?}"
box=$(mktemp -d)
sleeper=
trap '[ -z "$sleeper" ] || kill $sleeper; rm -rf "$box"' EXIT
failed=0
B=$(dirname "$FIXTURES") "$TOP/tests/fixtures.sh" build demo ingest waits-abba > /dev/null 2>&1
demo=$FIXTURES/demo
if [ -f "$demo/skipped" ]; then
	echo "ok - examples # SKIP $(cat "$demo/skipped")"
	exit
fi

# README.md: the commands of ```console blocks that are stk's, as cases for tests/cli/run. It was
# written in /tmp/demo. How many threads Go's runtime has is chance.
{
	echo 'Needs: fixtures demo ingest waits-abba; glibc 2.36'
	echo '  $ d=$(readlink demo); rm demo; cp "$d/demo" "$d/core" .; cp ingest/core ingest.core; cp waits-abba/core hung.core'
	awk '/^```console/ { on = 1; next }
		/^```/ { on = ours = 0; next }
		on && /^\$ / { ours = /^\$ stk / && !/ pid / }
		on && ours { print ($0 == "" ? "" : "  " $0) }' "$TOP/README.md" |
		sed -e "s|/tmp/demo/demo.c|TOP/testdata/src/demo.c|" -e "s|/tmp/demo/|FIXTURES/demo/|" \
			-e "s|\./waits.c|TOP/testdata/src/waits.c|" \
			-e '/ingest.core$/s/$/ | sed "s|[0-9]* threads|N threads|"/' \
			-e '/ingest.core: /s/[0-9]* threads/N threads/'
} > "$box/readme.test"
"$TOP/tests/cli/run" "$box/readme.test" || failed=1

# The manuals: every `.Dl $ ` line, in a directory that holds what they name.
mkdir "$box/work"
cd "$box/work" || exit 1
cp "$demo/demo" "$demo/core" .
zstd -q core -o core.zst 2> /dev/null || true
sed 's/\[chan receive\]/[chan receive, 7 minutes]/' "$TOP/tests/api/trace.txt" > app.log
cp app.log monday.log
sed 's/goroutine 8/goroutine 9/' app.log | cat app.log - > tuesday.log
sleep 600 &
sleeper=$!
export PATH="$(dirname "$STK"):$PATH" LC_ALL=C
for page in "$TOP"/man/*.[1-8]; do
	while IFS= read -r line; do
		command=$(sed -e 's/^\.Dl \$ //' -e 's/\\-/-/g' -e 's/\\e/\\/g' -e "s/\\\\(aq/'/g" -e "s/\b1234\b/$sleeper/" <<< "$line")
		words="$(basename "$page"): $command"
		for tool in $(grep -oE '(^|\| )[a-z]+' <<< "$command" | tr -d '| '); do
			command -v "$tool" > /dev/null || words="$words # SKIP there is no $tool"
		done
		if [[ $words == *'# SKIP'* ]]; then echo "ok - $words"; continue; fi
		timeout 60 bash -o pipefail -c "$command" > out 2> err
		status=$?
		if [ $status -le 1 ]; then
			echo "ok - $words"
		else
			echo "not ok - $words: exit status $status"
			cat err
			failed=1
		fi
	done < <(grep '^\.Dl \$ ' "$page")
done
exit $failed

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pprof.sh PROFILE TYPE: go tool pprof reads it in every form, finds nothing to mend, and its web
# views answer. Says why and exits with 77 where there is no Go.
set -eu
profile=$1 type=$2
go version > /dev/null 2>&1 || { echo 'SKIP: there is no go'; exit 77; }
dir=$(mktemp -d)
server=
finish() {
	[ -z "$server" ] || { kill "$server"; wait "$server"; } 2> /dev/null || :
	rm -rf "$dir"
}
trap finish EXIT
# Not go's own state, nor a browser of whoever runs the tests.
export HOME="$dir" PPROF_TMPDIR="$dir" GOFLAGS= GOTOOLCHAIN=local BROWSER=true
tool=$(go tool -n pprof)
pprof() { timeout 60 "$tool" -symbolize=none "$@" 2>> "$dir/err"; }
wanted() { # TEXT FILE
	grep -qF -- "$1" "$2" || { echo "no '$1' in:"; head -40 "$2"; cat "$dir/err"; exit 1; }
}

pprof -top "$profile" > "$dir/top"
wanted "Type: $type" "$dir/top"
wanted 'flat%' "$dir/top"
pprof -top -sample_index=wait "$profile" > "$dir/wait"
wanted 'Type: wait' "$dir/wait"
pprof -traces "$profile" > "$dir/traces"
wanted "state:" "$dir/traces"
pprof -tags "$profile" > "$dir/tags"
wanted 'state: Total' "$dir/tags"
pprof -raw "$profile" > "$dir/raw"
wanted 'PeriodType:' "$dir/raw"
pprof -comments "$profile" > "$dir/comments"
# What it writes is what it read: it had nothing to drop or to renumber.
pprof -proto -output="$dir/again" "$profile"
pprof -raw "$dir/again" > "$dir/raw2"
cmp "$dir/raw" "$dir/raw2"

command -v curl > /dev/null || { echo 'SKIP: there is no curl to look at the web views with'; exit 77; }
# Without a port pprof takes one at random, and says which.
"$tool" -symbolize=none -no_browser -http=127.0.0.1: "$profile" > /dev/null 2> "$dir/web" &
server=$!
url=
for i in 1 2 3 4 5 6 7 8 9 10; do
	url=$(grep -o 'http://127.0.0.1:[0-9]*' "$dir/web" | head -1) || :
	[ -n "$url" ] && break
	sleep 0.5
done
[ -n "$url" ] || { echo 'the web interface did not start'; cat "$dir/web"; exit 1; }
for view in top flamegraph peek source; do
	status=$(curl -s --noproxy '*' -o "$dir/page" -w '%{http_code}' -m 20 "$url/ui/$view")
	[ "$status" = 200 ] || { echo "/ui/$view: $status"; cat "$dir/page"; exit 1; }
done
echo fine

# SPDX-License-Identifier: Apache-2.0
# For test scripts: a directory that goes with them ($dir), and counted results. Sourced.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0 skipped=0

ok() { # NAME STATUS
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
		echo "ok - $1"
	else
		failed=$((failed + 1))
		echo "not ok - $1"
	fi
}

skip() { # NAME REASON
	skipped=$((skipped + 1))
	echo "ok - $1 # SKIP $2"
}

finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
	exit
}

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make coverage: tests/coverage.sh BUILD. Lines reached of each file, by gcov.
set -eu
cd "$1"
find lib cmd -name '*.gcda' | while read -r data; do
	gcov -n "$data" 2>/dev/null | awk '
		/^File/ { file = $2; gsub(/\047/, "", file) }
		/^Lines executed/ && file ~ /^(lib|cmd)\// {
			split($2, part, ":")
			print part[2], $4, file
			file = ""
		}'
done | sort -u -k 3,3 | awk '
	{ sub(/%/, "", $1); all += $2; hit += $1 * $2 / 100; printf "%6.1f %% of %5d  %s\n", $1, $2, $3 }
	END { printf "%6.1f %% of %5d  in all\n", 100 * hit / all, all }' | tee coverage.txt

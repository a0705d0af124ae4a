# SPDX-License-Identifier: Apache-2.0
# Holds what stk says of a core against what the runtime said when it died: awk -f compare.awk
# [-v several=1] DUMP OUTPUT. Prints every difference. What the runtime did after it had printed
# (it raises signals, and other threads go on) is in the core only: the stack of the culprit in
# the dump is the end of the one in the core.
BEGIN { RS = "" }

FNR == 1 { file++ }

# GOTRACEBACK=crash has every thread print after the first one.
file == 1 && /^-----/ { rest = 1 }
file == 1 && rest { next }

FNR == 1 { said[file] = unrepeated($0); next }

/^(rax|r0) / { registers[file] = $0; next }

/^goroutine [1-9]/ {
	if (!(file in first))
		first[file] = $2
	text[file, $2] = $0
	if (file == 1)
		order[++count] = $2
	next
}

/^runtime stack:/ || /^goroutine 0 / { system_stack = 1 }

# Of several that die at once each says so.
function unrepeated(t,    n, line, i, r) {
	n = split(t, line, "\n")
	r = line[1]
	for (i = 2; i <= n; i++)
		if (!several || line[i] != line[i - 1])
			r = r "\n" line[i]
	return r
}

function differs(what, want, got) {
	printf "%s\n  want %s\n  got  %s\n", what, want, got
	bad = 1
}

# The frames of a goroutine from the second on, and the function of the first: where the runtime
# stood in that one is not where it is now.
function is_end(want, got,    n, m, w, g, i) {
	n = split(want, w, "\n")
	m = split(got, g, "\n")
	if (w[1] != g[1] || m < n)
		return 0
	for (i = 4; i <= n; i++)
		if (w[i] != g[m - n + i])
			return 0
	sub(/\(.*/, "", w[2])
	sub(/\(.*/, "", g[m - n + 2])
	return n < 2 || w[2] == g[m - n + 2]
}

END {
	if (said[1] != said[2])
		differs("what it said", said[1], said[2])
	# On a system stack, or with several of them, nobody or anybody is the first.
	if (!system_stack && !several && first[1] != first[2])
		differs("whose fault", first[1], first[2])
	if (registers[1] != "" && registers[1] != registers[2])
		differs("registers", registers[1], registers[2])
	for (i = 1; i <= count; i++) {
		want = text[1, order[i]]
		got = text[2, order[i]]
		if (want ~ /stack unavailable/ || want ~ /frames elided/)
			continue
		if (i == 1 && !system_stack || several ? !is_end(want, got) : want != got)
			differs("goroutine " order[i], want, got)
	}
	exit bad
}

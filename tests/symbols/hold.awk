# SPDX-License-Identifier: Apache-2.0
# Holds what stk says of addresses (places.c) against what llvm-addr2line -a -f -i says of them.
#
#	awk -f hold.awk SYMBOLS PEER STK      SYMBOLS: nm's
#
# What may differ, because both are right:
# - llvm prefers the symbol table's name of the outermost function, stk the debug information's: the
#   name before the compiler's suffix (f.cold is f), or another name of the same address (the two
#   constructors of a class, the aliases of glibc);
# - where there is no line, llvm prints the name of the FILE symbol and line 0.
function plain(name) {
	sub(/@.*/, "", name)
	while (sub(/(\.(constprop|isra|part|cold|lto_priv|localalias|llvm))?(\.[0-9]+)+$|\.cold$/, "", name))
		;
	return name
}

function tidy(path) {
	gsub(/\/\.\//, "/", path)
	while (sub(/[^\/]+\/\.\.\//, "", path))
		;
	return path
}

# "FILE:LINE (discriminator 3)", "??:?", "x.c:0" of a FILE symbol
function place(text) {
	sub(/ \(discriminator [0-9]+\)$/, "", text)
	sub(/:\?$/, ":0", text)
	if (text ~ /^\?\?:/ || (text ~ /:0$/ && text !~ /\//))
		return "?"
	return tidy(text)
}

function same_name(peer, func_, linkage, outermost,    tail) {
	peer = plain(peer)
	func_ = plain(func_)
	linkage = plain(linkage)
	if (peer == linkage || peer == func_ || (peer == "??" && func_ == "?"))
		return 1
	tail = substr(func_, length(func_) - length(peer) - 1)
	if (tail == "::" peer)
		return 1
	if (!outermost)
		return 0
	if (linkage == "?")
		linkage = func_
	return peer in at && linkage in at && at[peer] == at[linkage]
}

# Symbols: ADDRESS TYPE NAME
FILENAME == ARGV[1] { if (NF == 3) at[plain($3)] = $1; next }

FILENAME == ARGV[2] {
	if ($0 ~ /^0x[0-9a-f]+$/) { a = substr($0, 3); sub(/^0+/, "", a); n[a] = 0; odd = 0 }
	else if (odd = !odd) peer_name[a, ++n[a]] = $0
	else peer_place[a, n[a]] = $0
	next
}

/^[0-9a-f]+$/ { check(); a = $0; order[++count] = a; m = 0; next }

{ m++; split($0, f, "\t"); func_[m] = f[1]; linkage[m] = f[2]; where[m] = f[3] }

function check(    i, why) {
	if (a == "" || !count)
		return
	if (!(a in n))
		why = "the peer says nothing"
	else if (n[a] != m)
		why = "the peer has " n[a] " frames"
	for (i = 1; i <= m && !why; i++) {
		if (!same_name(peer_name[a, i], func_[i], linkage[i], i == m))
			why = "the peer calls frame " i " " peer_name[a, i]
		else if (place(peer_place[a, i]) != (where[i] == "?" ? "?" : tidy(where[i])))
			why = "the peer has frame " i " at " peer_place[a, i]
	}
	frames += m
	if (why) {
		bad++
		if (bad <= 5) {
			print "\t" a ": " why
			for (i = 1; i <= m; i++)
				print "\t\t" func_[i] " (" linkage[i] ") " where[i]
		}
	}
}

END {
	check()
	print (bad ? bad " addresses differ of " : "all agree: ") count " addresses, " frames " frames"
	exit bad > 0 || !count
}

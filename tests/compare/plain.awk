# SPDX-License-Identifier: Apache-2.0
# Brings the stacks of gdb (-v from=gdb) and of frames.c (-v from=stk) to one form, a line a frame:
#
#	TID FUNCTION FILE:LINE
#
# What is not compared, because each tool has a right to its own spelling: the directories of a
# file; arguments of functions, of templates and of generic types; "__GI_", glibc's name for its
# own use of a function; the compiler's suffixes (.constprop.0, .isra.0, .part.0, .cold) and the
# version of a symbol; of Rust's functions the path (<T as U>::f and m::{impl#2}::f are the same f).

function without_brackets(s,    i, c, depth, result) {
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "<" && result !~ /operator<?$/)
			depth++
		else if (c == ">" && depth > 0 && substr(s, i - 1, 1) != "-")
			depth--
		else if (depth == 0)
			result = result c
	}
	return result
}

# The last parameter list, with a const or & that follows it.
function without_parameters(s,    i, c, depth) {
	sub(/( const)?( &&?)?$/, "", s)
	if (s !~ /\)$/ || s ~ /operator\(\)$/)
		return s
	for (i = length(s); i > 0; i--) {
		c = substr(s, i, 1)
		if (c == ")")
			depth++
		else if (c == "(" && --depth == 0)
			return i == 1 ? s : substr(s, 1, i - 1)
	}
	return s
}

function plain(name) {
	if (name == "??" || name == "?")
		return "?"
	if (name == "<signal handler called>")
		return name
	sub(/@.*/, "", name)
	gsub(/ \[clone [^]]*\]/, "", name)
	while (sub(/\.(constprop|isra|part|cold|lto_priv|localalias|llvm)(\.[0-9]+)*$/, "", name))
		;
	gsub(/\(anonymous namespace\)/, "{anonymous}", name)
	name = without_parameters(name)
	name = without_brackets(name)
	gsub(/::(::)+/, "::", name)
	sub(/^::/, "", name)
	sub(/::$/, "", name)
	sub(/^__GI_/, "", name)
	gsub(/ /, "", name)
	return name
}

# The last part of the path, and for a closure the one before it too.
function plain_rust(name) {
	name = plain(name)
	gsub(/\{?\{closure(_env)?(#[0-9]+)?\}\}?/, "{closure}", name)
	sub(/\{\{vtable.shim\}\}/, "", name)
	if (match(name, /[^:]+(::\{closure\})*$/))
		name = substr(name, RSTART)
	return name
}

function place(file_line) {
	sub(/.*\//, "", file_line)
	return file_line
}

function print_frame(name, where) {
	printf "%s %s %s\n", tid, where ~ /\.rs:/ ? plain_rust(name) : plain(name), where
}

from == "stk" {
	if (sub(/^thread /, ""))
		tid = $0
	else {
		split($0, field, "\t")
		print_frame(field[1], place(field[2]))
	}
	next
}

from == "gdb" && /^Thread [0-9]+ \(/ {
	tid = $0
	if (!sub(/.*LWP /, "", tid))
		sub(/.*process /, "", tid)
	sub(/[^0-9].*/, "", tid)
	next
}

from == "gdb" && /^#[0-9]+ / && tid != "" {
	line = $0
	sub(/^#[0-9]+ +/, "", line)
	sub(/^0x[0-9a-f]+ in /, "", line)
	sub(/^<unavailable> in /, "", line)
	where = "?"
	if (match(line, / at [^ ]+:[0-9]+$/)) {
		where = place(substr(line, RSTART + 4))
		line = substr(line, 1, RSTART - 1)
	}
	sub(/ from [^ ]+$/, "", line)
	sub(/ \((\.\.\.)?\)$/, "", line)
	print_frame(line, where)
}

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the shells complete, asked of the shells themselves.
set -u
: "${STK:?}"
box=$(mktemp -d)
trap 'rm -rf "$box"' EXIT
failed=0 number=0
result() { # STATUS WORDS
	number=$((number + 1))
	if [ "$1" = 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; failed=1; fi
}
mkdir "$box/home" "$box/work" && cd "$box/work" && mkdir dir && touch core.1 || exit 1
for shell in bash zsh fish; do "$STK" completion $shell > ./$shell; done

# Completions of a command line in each shell, one a line, sorted; descriptions are cut off.
in_bash() {
	bash --norc --noprofile -c '
		source ./bash
		COMP_LINE=$1 COMP_POINT=${#1}
		words=${1//=/ = }
		read -ra COMP_WORDS <<< "$words"
		[[ $1 == *[\ =] ]] && COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_stk
		printf "%s\n" "${COMPREPLY[@]}"' bash "$1" 2>&1 | sort
}
in_fish() {
	HOME=$box/home fish --no-config -c 'source ./fish; complete -C $argv[1]' "$1" 2>&1 | cut -f 1 | sort
}
# zsh completes only at a terminal: one is made for it, and its answer caught from compadd.
in_zsh() {
	cat > driver <<'END'
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1=; autoload -U compinit; compinit -u -d ./dump; fpath=(. $fpath)'
zpty -w z 'source ./zsh; zstyle ":completion:*" list-grouped false; setopt no_list_beep'
zpty -w z 'compadd() { local -a found; builtin compadd -O found "$@"; print -l -- $found >> answer; builtin compadd "$@" }'
zpty -w z 'bindkey "^I" complete-word; print ready > ready'
repeat 100; do [[ -f ready ]] && break; sleep 0.1; done
zpty -w -n z "$1"$'\t'
sleep 1.5
zpty -d z
END
	rm -f answer ready
	HOME=$box/home timeout 30 zsh -f driver "$1" > /dev/null 2>&1
	sort -u answer 2>/dev/null
}
check() { # SHELL LINE EXPECTED...: the candidates, or those that must be among them after "+"
	local shell=$1 line=$2 got
	shift 2
	if ! command -v $shell > /dev/null; then
		number=$((number + 1))
		echo "ok $number - $shell completes '$line' # SKIP there is no $shell"
		return
	fi
	if [ $shell = zsh ] && [ ! "$terminals" ]; then
		number=$((number + 1))
		echo "ok $number - zsh completes '$line' # SKIP no pseudo terminals can be had"
		return
	fi
	got=$("in_$shell" "$line")
	if [ "$1" = + ]; then
		shift
		for want in "$@"; do grep -qxF -- "$want" <<< "$got" || { echo "no '$want'"; false; }; done
	else
		[ "$got" = "$(printf '%s\n' "$@" | sort)" ]
	fi
	status=$?
	[ $status = 0 ] || printf '%s\n' "got:" "$got"
	result $status "$shell completes '$line'"
}
terminals=yes
script -qec true /dev/null < /dev/null > /dev/null 2>&1 || terminals=
for shell in bash zsh fish; do
	if command -v $shell > /dev/null; then
		$shell -n ./$shell
		result $? "$shell can read its script"
	fi
	check $shell 'stk thr' threads
	check $shell 'stk core --color=' $([ $shell = fish ] && printf -- '--color=%s ' auto always never || echo auto always never)
	check $shell 'stk core -f js' json jsonl
	check $shell 'stk help inf' info
	check $shell 'stk completion ' bash fish zsh
done
check bash 'stk core --fo' --force --format
check bash 'stk core --sysroot ' dir
check bash 'stk core --sysroot d' dir
check bash 'stk pid --max-pa' --max-pause
check bash 'stk core --max-pa' ''
check bash 'stk core cor' core.1
check bash 'stk core -g ' + core.1
check bash 'stk core --group=' args exact func line
check bash 'stk pid ' + $$
check fish 'stk core --for' --force --format
check fish 'stk pid --max-pa' --max-pause
exit $failed

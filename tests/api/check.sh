#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make check-api: an installed copy is whole, C99 and C++ programs build against it and run, and the
# library exports nothing but stk_*. B is the build.
set -u
cd "$(dirname "$0")/../.." || exit 1
make='make --no-print-directory'
box=$(mktemp -d)
soversion=$(sed -n 's/^SOVERSION := //p' Makefile)
trap 'rm -rf "$box"' EXIT
root=$box/root
failed=0
result() { # STATUS WORDS
	if [ "$1" = 0 ]; then echo "ok - $2"; else echo "not ok - $2"; failed=1; fi
}

$make -s install B="$B" DESTDIR="$root" prefix=/usr libdir=/usr/lib > "$box/log" 2>&1
status=$?
[ $status = 0 ] || cat "$box/log"
result $status 'make install works with DESTDIR'
for f in bin/stk lib/libstk.a lib/libstk.so.$soversion include/stk.h lib/pkgconfig/stk.pc share/man/man1/stk.1 \
	share/stk/stk.schema.json share/bash-completion/completions/stk \
	share/zsh/site-functions/_stk share/fish/vendor_completions.d/stk.fish; do
	[ -e "$root/usr/$f" ]
	result $? "$f is installed"
done

config() { PKG_CONFIG_PATH=$root/usr/lib/pkgconfig pkg-config --define-variable=prefix="$root/usr" "$@" stk; }
warn='-Wall -Wextra -Wpedantic -Werror'
build() { # WORDS COMMAND...
	words=$1
	shift
	"$@"
	result $? "$words"
}
build 'a C99 client builds' ${CC:-cc} -std=c99 $warn $(config --cflags) -o "$box/c" \
	tests/api/client.c $(config --libs)
build 'a C++ client builds' ${CXX:-c++} -std=c++11 $warn $(config --cflags) -o "$box/cc" \
	tests/api/client.cc $(config --libs)
build 'a C99 client builds with the static library' ${CC:-cc} -std=c99 $warn $(config --cflags) \
	-o "$box/static" tests/api/client.c "$root/usr/lib/libstk.a" \
	$(config --libs --static | sed 's/-lstk//')

export LD_LIBRARY_PATH="$root/usr/lib"
printf '2 in main.worker\n1 in main.main\n' > "$box/expected"
for program in c static; do
	"$box/$program" tests/api/trace.txt > "$box/out" && cmp "$box/out" "$box/expected"
	result $? "the client '$program' groups a dump"
done
"$box/cc" > "$box/out" && grep -q json "$box/out"
result $? 'the C++ client runs'
"$root/usr/bin/stk" -V | grep -q '^stk '
result $? 'the installed program runs'

names=$(nm -D --defined-only "$root/usr/lib/libstk.so" | awk '$2 ~ /[A-Z]/ && $3 !~ /^stk_/ { print $3 }')
[ -z "$names" ]
result $? "libstk.so exports stk_* only${names:+: }$(echo $names)"
names=$(nm -g --defined-only "$root/usr/lib/libstk.a" 2>/dev/null |
	awk 'NF == 3 && $3 !~ /^stk_/ { print $3 }')
[ -z "$names" ]
result $? "libstk.a exports stk_* only${names:+: }$(echo $names)"

$make -s uninstall B="$B" DESTDIR="$root" prefix=/usr libdir=/usr/lib > /dev/null 2>&1
left=$(find "$root" -not -type d)
[ -z "$left" ]
result $? "make uninstall leaves nothing${left:+: }$(echo $left)"
exit $failed

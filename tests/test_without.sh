#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A build without any of the optional libraries: it works, and says what it cannot do.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
B=${B:-$top/build}
. "$top/tests/tap.sh"
unset MAKEFLAGS MAKELEVEL

cat > "$dir/pkg-config" << 'END'
#!/bin/sh
for last; do :; done
case " libdw libelf zlib jansson libprotobuf-c " in
*" $last "*) ;;
*) [ "$1" != --exists ] || exit 1 ;;
esac
exec ${REAL_PKG_CONFIG:-pkg-config} "$@"
END
chmod +x "$dir/pkg-config"
REAL_PKG_CONFIG=${PKG_CONFIG:-pkg-config}
export REAL_PKG_CONFIG
make -C "$top" B="$dir/build" PKG_CONFIG="$dir/pkg-config" CFLAGS=-O0 WERROR="${WERROR:-}" -j"${JOBS:-4}" \
	> "$dir/log" 2>&1
status=$?
ok 'it builds without the optional libraries' $status
[ $status = 0 ] || { tail -5 "$dir/log"; finish; }
stk=$dir/build/stk

for library in $(sed -n 's/^optional := //p' "$top/Makefile"); do
	"$stk" -V | grep -qx "without $library"
	ok "stk -V says that it is without $library" $?
done

FIXTURES=${FIXTURES:-$B/fixtures}
export FIXTURES
"$top/tests/fixtures.sh" build null-read > "$dir/log"
cd "$FIXTURES/null-read" || finish
if [ -f skipped ]; then
	skip 'what it does' "$(cat skipped)"
	finish
fi
"$stk" core core > "$dir/out" 2> "$dir/err" && grep -q 'in first_byte$' "$dir/out" && [ ! -s "$dir/err" ]
ok 'it reads a core' $?
gzip -c core > "$dir/core.gz"
"$stk" core ./null-read "$dir/core.gz" > "$dir/out" && grep -q 'in first_byte$' "$dir/out"
ok 'it reads a core that gzip has compressed' $?
printf '\50\265\57\375' > "$dir/core.zst"
"$stk" core ./null-read "$dir/core.zst" > "$dir/out" 2> "$dir/err"
[ $? = 2 ] && grep -q 'this stk was built without libzstd$' "$dir/err"
ok 'it says that it cannot unpack zstd' $?
"$stk" core -d core > "$dir/out" 2> "$dir/err"
[ $? = 1 ] && grep -q 'in first_byte$' "$dir/out" && grep -q '\[not-built-in\]$' "$dir/err"
ok 'asked for instructions, it says that it cannot disassemble' $?
finish

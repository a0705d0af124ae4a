#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Compares what stk says of random addresses with what llvm-addr2line says of them: functions,
# files, lines and inlined calls, of programs by every compiler that is here, in DWARF 4 and 5.
# Forms of debug information that llvm-addr2line cannot read are held against the same program in
# a form that it can. What was compared stays in $B/symbols.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
B=${B:-$top/build}
work=$B/symbols
src=$top/testdata/src/sym
N=${N:-2000}
LC_ALL=C
export LC_ALL
unset DEBUGINFOD_URLS

have() { command -v "$1" > /dev/null; }

# The build command, in a directory of its own; skips where a tool is missing or cannot do it.
make_one() { # NAME COMMAND...
	name=$1
	shift
	dir=$work/$name
	rm -rf "$dir"
	mkdir -p "$dir"
	if ! have "$1"; then
		echo "ok - $name # SKIP there is no $1"
		return 1
	fi
	if ! (cd "$dir" && "$@") > "$dir/build.log" 2>&1; then
		echo "ok - $name # SKIP $1 here cannot make it"
		return 1
	fi
	file=$dir/program
}

# N addresses within .text, the same each time
addresses() { # FILE
	readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\] //' | awk -v n="$N" '
		$1 == ".text" { start = $3; size = $5 }
		END { print start, size, n }' | {
		read -r start size n
		awk -v start=$((16#$start)) -v size=$((16#$size)) -v n="$n" 'BEGIN {
			srand(1)
			for (i = 0; i < n; i++)
				printf "%x\n", start + int(rand() * size)
		}' | sort -u
	}
}

ask() { # FILE RESULT [DEBUG-DIR]
	timeout 60 "$work/places" "$1" ${3:+"$3"} < "$work/$name.addresses" > "$2" 2> "$2.notes"
}

verdict() { # STATUS TEXT
	if [ "$1" = 0 ]; then
		echo "ok - $name: $2"
	else
		echo "not ok - $name: $2"
	fi
}

against_llvm() {
	addresses "$file" > "$work/$name.addresses"
	llvm-addr2line -a -f -i -e "$file" < "$work/$name.addresses" > "$work/$name.peer" 2> /dev/null
	nm "$file" > "$work/$name.nm" 2> /dev/null
	ask "$file" "$work/$name.stk"
	said=$(awk -f "$here/hold.awk" "$work/$name.nm" "$work/$name.peer" "$work/$name.stk")
	verdict $? "$said"
}

# The same of another form of the same program as of one that was held against llvm.
against_ours() { # OTHER [DEBUG-DIR]
	cp "$work/$1.addresses" "$work/$name.addresses"
	ask "$file" "$work/$name.stk" ${2:+"$2"}
	diff "$work/$1.stk" "$work/$name.stk" > "$work/$name.diff"
	status=$?
	verdict $status "$([ $status = 0 ] && echo the same as || echo not the same as) $1$(sed 4q "$work/$name.diff")"
}

mkdir -p "$work"
${CC:-cc} -std=c99 -Wall -O1 -I"$top/lib/include" -o "$work/places" "$here/places.c" "$B/libstk.a" \
	$(tr ' ' '\n' < "$B/flags" | grep -E '^-l|^-fsanitize=') -pthread || exit 1
have llvm-addr2line || { echo 'SKIP: there is no llvm-addr2line'; exit 0; }

c="$src/inline.c $src/other.c"
cc=$src/scopes.cc
for v in 4 5; do
	make_one c-gcc-$v gcc -O2 -g -gdwarf-$v -o program $c && against_llvm
	make_one c-clang-$v clang -O2 -g -gdwarf-$v -o program $c && against_llvm
	make_one cc-gcc-$v g++ -O2 -g -gdwarf-$v -o program "$cc" && against_llvm
	make_one cc-clang-$v clang++ -O2 -g -gdwarf-$v -o program "$cc" && against_llvm
	make_one lto-gcc-$v gcc -O2 -g -gdwarf-$v -flto -o program $c && against_llvm
	make_one lto-clang-$v clang -O2 -g -gdwarf-$v -flto -fuse-ld=lld -o program $c && against_llvm
done
for v in 2 3; do
	make_one c-gcc-$v gcc -O2 -g -gdwarf-$v -o program $c && against_llvm
done
make_one dwarf64 gcc -O2 -g -gdwarf64 -o program $c && against_llvm
make_one nested gcc -O2 -g -o program "$src/nested.c" && against_llvm
make_one fortran gfortran -O2 -g -o program "$src/modules.f90" && against_llvm
make_one c-unoptimised gcc -O0 -g -o program $c && against_llvm
make_one cc-unoptimised g++ -O0 -g -o program "$cc" && against_llvm
make_one static gcc -O2 -g -static -o program $c && against_llvm
make_one no-pie g++ -O2 -g -no-pie -o program "$cc" && against_llvm
make_one little-debug g++ -O2 -g1 -o program "$cc" && against_llvm
make_one lines-only clang++ -O2 -gline-tables-only -o program "$cc" && against_llvm
make_one type-units g++ -O2 -g -fdebug-types-section -o program "$cc" && against_llvm
make_one compressed g++ -O2 -g -gz=zlib -o program "$cc" && against_llvm
make_one dropped-gcc g++ -O2 -g -ffunction-sections -Wl,--gc-sections -o program "$cc" && against_llvm
make_one dropped-gold g++ -O2 -g -ffunction-sections -fuse-ld=gold -Wl,--gc-sections -o program "$cc" &&
	against_llvm
make_one folded clang++ -O2 -g -ffunction-sections -fuse-ld=lld -Wl,--gc-sections,--icf=all \
	-o program "$cc" && against_llvm
make_one rust rustc -C opt-level=2 -g -o program "$src/scopes.rs" && against_llvm
make_one rust-debug rustc -g -o program "$src/scopes.rs" && against_llvm
make_one rust-v0 rustc -C opt-level=2 -g -C symbol-mangling-version=v0 -o program "$src/scopes.rs" &&
	against_llvm
make_one rust-lto rustc -C opt-level=3 -C lto=fat -C codegen-units=1 -g -o program "$src/scopes.rs" &&
	against_llvm
make_one aarch64 aarch64-linux-gnu-gcc -O2 -g -static -o program $c && against_llvm
make_one i386 gcc -m32 -O2 -g -o program $c && against_llvm

# What llvm-addr2line cannot read, or finds elsewhere.
for v in 4 5; do
	make_one split-gcc-$v g++ -O2 -g -gdwarf-$v -gsplit-dwarf -o program "$cc" &&
		against_ours cc-gcc-$v
	make_one split-clang-$v clang++ -O2 -g -gdwarf-$v -gsplit-dwarf -o program "$cc" &&
		against_ours cc-clang-$v
done
# Without the .dwo file: said, the lines are there, the names come from the symbols.
if make_one split-lost g++ -O2 -g -gsplit-dwarf -o program "$cc"; then
	rm "$dir"/*.dwo
	cp "$work/cc-gcc-5.addresses" "$work/$name.addresses"
	ask "$file" "$work/$name.stk"
	grep -q "^debug-unreadable: .*scopes.dwo" "$work/$name.stk.notes" &&
		grep -q "^outer::run.*scopes.cc:" "$work/$name.stk"
	verdict $? "$(cat "$work/$name.stk.notes")"
fi
# In a package: read, or said.
cat > "$work/package.sh" << 'EOF'
set -e
g++ -O2 -g -gdwarf-4 -gsplit-dwarf -o program "$1"
dwp -o program.dwp program*.dwo
rm program*.dwo
EOF
if have dwp && make_one split-package sh "$work/package.sh" "$cc"; then
	cp "$work/cc-gcc-4.addresses" "$work/$name.addresses"
	ask "$file" "$work/$name.stk"
	grep -q "^debug-unreadable: .*program.dwp" "$work/$name.stk.notes" ||
		cmp -s "$work/cc-gcc-4.stk" "$work/$name.stk"
	verdict $? "$(cat "$work/$name.stk.notes")"
fi
# dwz takes what two files share to a third.
cat > "$work/dwz.sh" << 'EOF'
set -e
cp ../cc-gcc-$1/program program
cp ../little-debug/program other
cp program another
dwz -m shared.debug -M "$PWD/shared.debug" program another
EOF
if have dwz; then
	for v in 4 5; do
		make_one dwz-$v sh "$work/dwz.sh" $v && against_ours cc-gcc-$v
	done
else
	echo 'ok - dwz # SKIP there is no dwz'
fi

# Debug information in a file of its own: beside, by build id, as a flat directory.
cat > "$work/strip.sh" << 'EOF'
set -e
cp ../$1/program whole
case $2 in
none) objcopy --remove-section=.note.gnu.build-id whole program ;;
*) cp whole program ;;
esac
mkdir -p debug/.build-id .debug
objcopy --only-keep-debug program program.debug
strip --strip-all program
objcopy --add-gnu-debuglink=program.debug program
id=$(readelf -n whole | sed -n 's/.*Build ID: //p')
case $2 in
beside | none) ;;
hidden) mv program.debug .debug ;;
flat) mv program.debug debug ;;
same)
	mv program.debug .debug/program
	objcopy --remove-section=.gnu_debuglink program
	objcopy --add-gnu-debuglink=.debug/program program
	;;
id)
	mkdir -p debug/.build-id/$(echo $id | cut -c1-2)
	mv program.debug debug/.build-id/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-).debug
	;;
zlib | zstd) objcopy --compress-debug-sections=$2 program.debug ;;
esac
EOF
for how in beside hidden same flat id none zlib zstd; do
	make_one debug-file-$how bash "$work/strip.sh" cc-gcc-5 $how &&
		against_ours cc-gcc-5 "$work/debug-file-$how/debug"
done

# A compressed debug file is unpacked as far as it is asked for: every form of one, in random order.
for other in c-gcc-4 c-clang-5 cc-gcc-4 cc-clang-5 cc-unoptimised lto-gcc-4 lto-gcc-5 lto-clang-5 dwarf64 nested \
	type-units lines-only little-debug no-pie rust rust-lto i386; do
	[ -f "$work/$other/program" ] && make_one packed-$other bash "$work/strip.sh" $other zlib &&
		against_ours $other
done
libc=$(ldd "$work/places" | sed -n 's/.*libc.so.6 => \([^ ]*\).*/\1/p')
id=$(readelf -n "$libc" 2> /dev/null | sed -n 's/.*Build ID: //p')
packed=/usr/lib/debug/.build-id/$(echo "$id" | cut -c 1-2)/$(echo "$id" | cut -c 3-).debug
cat > "$work/libc.sh" << 'EOF'
set -e
mkdir -p debug/.build-id/$(echo $2 | cut -c 1-2)
objcopy --decompress-debug-sections "$3" debug/.build-id/$(echo $2 | cut -c 1-2)/$(echo $2 | cut -c 3-).debug
EOF
if [ ! -f "$packed" ]; then
	echo 'ok - packed-libc # SKIP there is no debug file of libc.so.6'
elif make_one packed-libc bash "$work/libc.sh" "$libc" "$id" "$packed"; then
	addresses "$libc" | sort -R --random-source="$here/run.sh" > "$work/$name.addresses"
	timeout 60 "$work/places" "$libc" < "$work/$name.addresses" > "$work/$name.stk" 2> "$work/$name.notes"
	timeout 60 "$work/places" "$libc" "$dir/debug" < "$work/$name.addresses" > "$work/$name.whole"
	diff "$work/$name.whole" "$work/$name.stk" > "$work/$name.diff"
	verdict $? "$(grep -c 'c:[0-9]' "$work/$name.stk") lines of libc.so.6$(sed 4q "$work/$name.diff")"
	# Each alone: no more is there than it asked for.
	name=packed-libc-alone
	sed 100q "$work/packed-libc.addresses" > "$work/$name.addresses"
	xargs -n 1 sh -c 'echo $2 | "$0" "$1"' "$work/places" "$libc" < "$work/$name.addresses" > "$work/$name.stk"
	timeout 60 "$work/places" "$libc" "$dir/debug" < "$work/$name.addresses" > "$work/$name.whole"
	diff "$work/$name.whole" "$work/$name.stk" > "$work/$name.diff"
	verdict $? "100 addresses$(sed 4q "$work/$name.diff")"
fi

# Compressed sections in the program itself; by zstd, which libdw knows only from 0.189 on.
for how in zlib zstd; do
	make_one sections-$how objcopy --compress-debug-sections=$how "$work/cc-gcc-5/program" program &&
		against_ours cc-gcc-5
done

# A debug file of another build is said and not used.
cat > "$work/other.sh" << 'EOF'
cp ../cc-gcc-5/program program
strip --strip-all program
cp ../cc-clang-5/program program.debug
objcopy --add-gnu-debuglink=program.debug program
EOF
if make_one debug-file-other bash "$work/other.sh"; then
	cp "$work/cc-gcc-5.addresses" "$work/$name.addresses"
	ask "$file" "$work/$name.stk"
	grep -q '^debug-mismatch: .*not used' "$work/$name.stk.notes" && ! grep -q scopes "$work/$name.stk"
	verdict $? "refused"
fi

# Mini debug information: the names of the functions, without a line.
cat > "$work/mini.sh" << 'EOF'
set -e
cp ../c-gcc-5/program program
nm -D program --format=posix --defined-only | awk '{ print $1 }' | sort > dynamic
nm program --format=posix --defined-only | awk '$2 ~ /[tTwW]/ { print $1 }' | sort > all
comm -13 dynamic all > keep
objcopy --only-keep-debug program debug
objcopy -S --remove-section .gdb_index --remove-section .comment --keep-symbols=keep debug mini
strip --strip-all -R .comment program
xz mini
objcopy --add-section .gnu_debugdata=mini.xz program
EOF
if have xz && make_one mini-debug bash "$work/mini.sh"; then
	cp "$work/c-gcc-5.addresses" "$work/$name.addresses"
	ask "$file" "$work/$name.stk"
	cut -f 1 "$work/$name.stk" | grep -vE '^([0-9a-f]+|\?)$' | sort -u | tr '\n' ' ' > "$work/$name.said"
	grep -q 'fails.* has_cold_part .*main .*other_outside .*recursive' "$work/$name.said"
	verdict $? "$(cat "$work/$name.said")"
fi

# Debug information that cannot be read is said; the symbols still have names.
cat > "$work/damage.sh" << 'EOF'
set -e
objcopy --compress-debug-sections=zlib ../c-gcc-5/program program
offset=$(readelf -SW program | sed -n 's/.* \.debug_info *PROGBITS *[0-9a-f]* \([0-9a-f]*\) .*/\1/p')
printf '\377\377\377\377\377\377\377\377' |
	dd of=program bs=1 seek=$((0x$offset + 40)) conv=notrunc
EOF
if make_one damaged bash "$work/damage.sh"; then
	cp "$work/c-gcc-5.addresses" "$work/$name.addresses"
	ask "$file" "$work/$name.stk"
	grep -q '^debug-unreadable: .*damaged' "$work/$name.stk.notes" && grep -q '^main' "$work/$name.stk"
	verdict $? "said"
fi

# The same of a debug file that is damaged in the middle: what is before it is read.
cat > "$work/damage-file.sh" << 'EOF'
set -e
bash ../strip.sh cc-unoptimised zlib
set -- $(readelf -SW program.debug | sed -n 's/.* \.debug_info *PROGBITS *[0-9a-f]* \([0-9a-f]*\) \([0-9a-f]*\) .*/\1 \2/p')
tr '\0' '\377' < /dev/zero | dd of=program.debug bs=1 seek=$((0x$1 + 0x$2 / 2)) count=64 conv=notrunc
EOF
if make_one damaged-file bash "$work/damage-file.sh"; then
	cp "$work/cc-unoptimised.addresses" "$work/$name.addresses"
	ask "$file" "$work/$name.stk"
	grep -q '^debug-unreadable: .*damaged' "$work/$name.stk.notes"
	verdict $? "said"
fi

# debuginfod, served by Debian's server from a directory with the debug file.
ready() { # PORT
	for _ in $(seq 100); do
		exec 3<> "/dev/tcp/127.0.0.1/$1" && printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3 &&
			grep -q '^found_debuginfo_total.* 1$' <&3 && return
		sleep 0.1
	done 2> /dev/null
	return 1
}

if ! have debuginfod; then
	echo 'ok - debuginfod # SKIP there is no debuginfod'
elif make_one debuginfod bash "$work/strip.sh" cc-gcc-5 beside; then
	mkdir "$dir/served"
	mv "$dir/program.debug" "$dir/served/"
	rm "$dir/whole"
	port=$((20000 + $$ % 20000))
	debuginfod -d :memory: -p $port -F "$dir/served" > "$dir/server.log" 2>&1 &
	server=$!
	export DEBUGINFOD_CACHE_PATH=$dir/cache
	if ready $port; then
		DEBUGINFOD_URLS=http://127.0.0.1:$port against_ours cc-gcc-5
	else
		echo 'ok - debuginfod # SKIP the server does not start'
	fi
	kill $server
	wait $server 2> /dev/null
	# A server that is away is asked once, and said; without the variable nobody is asked.
	name=debuginfod-away
	rm -rf "$dir/cache"
	cp "$work/cc-gcc-5.addresses" "$work/$name.addresses"
	DEBUGINFOD_URLS=http://127.0.0.1:$port ask "$file" "$work/$name.stk"
	[ "$(grep -c '^debug-unreadable: .*debuginfod' "$work/$name.stk.notes")" = 1 ]
	verdict $? "$(cat "$work/$name.stk.notes")"
	name=debuginfod-unset
	rm -rf "$dir/cache"
	cp "$work/cc-gcc-5.addresses" "$work/$name.addresses"
	ask "$file" "$work/$name.stk"
	[ ! -s "$work/$name.stk.notes" ] && [ ! -e "$dir/cache" ]
	verdict $? "no server is asked, nothing is cached"
fi

# A source file that is not here, from the same kind of server: where it was compiled is hidden from
# stk, not from the server.
if have debuginfod && have gdb && unshare -m true 2> /dev/null; then
	name=debuginfod-source
	dir=$work/$name
	rm -rf "$dir"
	mkdir -p "$dir/hidden" "$dir/served"
	cp "$TOP/testdata/src/null-read.c" "$dir/hidden/"
	gcc -O0 -g "$dir/hidden/null-read.c" -o "$dir/served/program"
	port=$((20000 + ($$ + 7919) % 20000))
	debuginfod -d :memory: -p $port -F "$dir/served" > "$dir/server.log" 2>&1 &
	server=$!
	gdb -batch -nx -ex 'set debuginfod enabled off' -ex run -ex "gcore $dir/core" "$dir/served/program" > /dev/null 2>&1
	if ready $port && [ -e "$dir/core" ]; then
		DEBUGINFOD_URLS=http://127.0.0.1:$port DEBUGINFOD_CACHE_PATH=$dir/cache unshare -m sh -c \
			'mount -t tmpfs none "$1" && exec "$2" core -q -s=1 --level single -n 1 "$3"' - \
			"$dir/hidden" "$STK" "$dir/core" > "$dir/out" 2>&1
		grep -q '=> 29: .*return \*text;' "$dir/out"
		verdict $? "the line that died, from the server"
	else
		echo "ok - $name # SKIP the server does not start"
	fi
	kill $server
	wait $server 2> /dev/null
fi

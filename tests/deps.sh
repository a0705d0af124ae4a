#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the packages of the sets named (build, check, demo) that are missing, on Debian, as root.
# Says which they are when it may not. What is all there costs no call of apt.
set -u
build='gcc make pkg-config libdw-dev libelf-dev libdebuginfod-dev libisal-dev zlib1g-dev libzstd-dev liblzma-dev
	liblz4-dev libbz2-dev libiberty-dev libcapstone-dev libseccomp-dev libjansson-dev libprotobuf-c-dev
	protobuf-c-compiler'
# package=command: another source of the command will do
check='libcmocka-dev libc6-dbg g++ clang libclang-rt-dev binutils gdb elfutils lldb gdbserver golang-go=go delve=dlv panicparse
	rustc=rustc llvm=llvm-addr2line lld=ld.lld debuginfod dwz zstd lz4 xz-utils bzip2 gzip file patchelf
	libgoogle-glog-dev libbackward-cpp-dev libboost-stacktrace-dev
	qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross libc6-dev-i386 lib32gcc-12-dev musl-tools=musl-gcc
	zsh fish bash-completion mandoc jq python3 python3-jsonschema python3-greenlet
	clang-format php-cli=php ruby=ruby lua5.4=lua5.4 erlang-base=erlc elixir=elixir
	procps util-linux strace valgrind gfortran linux-perf=perf nodejs=node
	git chromium=chromium chromium-driver=chromedriver curl ca-certificates npm=npm'

# A container's cores go where its host says: then gdb makes the demonstration's.
demo=
case $(cat /proc/sys/kernel/core_pattern 2>/dev/null) in '|'* | /*) demo=gdb ;; esac

there() { # PACKAGE[=COMMAND]
	case $1 in *=*) command -v "${1#*=}" > /dev/null && return ;; esac
	case $(dpkg-query -W -f '${Status}' "${1%=*}" 2>/dev/null) in
	*' installed') return ;;
	esac
	return 1
}

if ! command -v dpkg-query > /dev/null; then
	for p in libdw libelf zlib jansson libprotobuf-c; do
		pkg-config --exists "$p" || { echo "stk: needed, and not here: $p (and libiberty)" >&2; exit 1; }
	done
	exit 0
fi

missing=
for set in "$@"; do
	eval "packages=\$$set"
	for p in $packages; do
		there "$p" || missing="$missing ${p%=*}"
	done
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "stk: missing packages; as root: apt-get install$missing" >&2
	exit 1
fi

export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y -q --no-install-recommends "$@" < /dev/null > /dev/null 2>&1; }
echo "installing:$missing"
apt-get update -q < /dev/null > /dev/null 2>&1
install $missing && exit 0
# One that cannot be had does not keep the others away.
status=0
for p in $missing; do
	install "$p" || { echo "stk: cannot install $p" >&2; status=1; }
done
exit $status

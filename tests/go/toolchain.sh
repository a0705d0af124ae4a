# SPDX-License-Identifier: Apache-2.0
# Toolchains of the releases of Go that Debian has in other suites than this machine's, without
# touching what is installed or how apt is set up. Sourced; needs flock, apt and dpkg-deb.
#
#   go_toolchain 1.24   prints the GOROOT of a 1.24, or says on stderr why there is none and fails
#   go_with 1.24 COMMAND...   runs the command with that toolchain: GOROOT, PATH, private caches
#   debian_program trixie delve usr/bin/dlv   prints the path of a static program of a suite
#
# All is kept in $GO_TOOLCHAINS (build/toolchains), a directory for each suite's packages, fetched
# once; the standard library's objects of all releases in its gocache. A suite that could not be
# reached is not asked again for ten minutes.
GO_TOOLCHAINS=${GO_TOOLCHAINS:-${TOP:?}/build/toolchains}

private_apt() { # SUITE ARGUMENTS...
	local place=$GO_TOOLCHAINS/apt/$1
	shift
	timeout 300 apt-get -qq -o Dir::Etc::sourcelist="$place/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$place/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$place/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::http::Timeout=20 \
		-o Acquire::https::Timeout=20 -o Acquire::Retries=1 "$@" < /dev/null
}

# Where this machine gets its own release from has the other suites too: of several places the first
# that does, signed by Debian. Prints why not.
debian_suite() { # SUITE
	local place=$GO_TOOLCHAINS/apt/$1 uri key=/usr/share/keyrings/debian-archive-keyring.gpg
	[ ! -e "$place/ready" ] || return 0
	if [ -n "$(find "$place/failed" -mmin -10 2> /dev/null)" ]; then
		cat "$place/failed"
		return 1
	fi
	mkdir -p "$place/lists/partial" "$place/cache/archives/partial"
	[ -e $key ] && key="[signed-by=$key] " || key=
	for uri in $(. /etc/os-release && apt-get update --print-uris 2> /dev/null |
		sed -n "s|^'\(.*\)/dists/${VERSION_CODENAME:-none}/InRelease'.*|\1|p"); do
		echo "deb $key$uri $1 main" > "$place/sources.list"
		if private_apt "$1" update > "$place/log" 2>&1 && [ ! -s "$place/log" ]; then
			touch "$place/ready"
			return
		fi
	done
	if [ -e "$place/sources.list" ]; then
		echo "Debian's $1 cannot be reached"
	else
		echo "apt has no source of Debian's packages"
	fi | tee "$place/failed"
	return 1
}

# Half of a toolchain is not for building programs.
unneeded() {
	printf '%s\n' '*_test.go' '*/testdata' ./usr/share/doc './usr/share/go-*/test' './usr/share/go-*/api' \
		'./usr/share/go-*/src/cmd/*/*' './usr/lib/go-*/bin/gofmt'
	printf '*/tool/*/%s\n' addr2line buildid covdata cover dist distpack doc fix nm objdump pack pprof \
		preprofile test2json trace vet
}

# Unpacks packages of a suite, what tests need of them, into $GO_TOOLCHAINS/NAME. Says why not.
debian_unpack() { # NAME SUITE PACKAGES...
	local place=$GO_TOOLCHAINS/$1 suite=$2 deb
	[ ! -d "$place" ] || return 0
	shift 2
	for deb in apt-get dpkg-deb flock; do
		command -v $deb > /dev/null || { echo "no $deb"; return 1; }
	done
	mkdir -p "$GO_TOOLCHAINS"
	(
		flock 9
		[ ! -d "$place" ] || exit 0
		debian_suite "$suite" || exit 1
		rm -rf "$place.new" && mkdir -p "$place.new" && cd "$place.new" || exit 1
		if ! private_apt "$suite" download "$@" > ../apt/log 2>&1; then
			rm -rf "$place.new"
			echo "Debian's $suite does not give $*"
			exit 1
		fi
		for deb in ./*.deb; do
			dpkg-deb --fsys-tarfile "$deb" | tar -x -X <(unneeded) && rm "$deb" || exit 1
		done
		mv "$place.new" "$place"
	) 9> "$GO_TOOLCHAINS/lock"
}

go_toolchain() { # RELEASE
	local suite why
	case $1 in
	1.21 | 1.22 | 1.23) suite=bookworm-backports ;;
	1.24) suite=trixie ;;
	*) suite=trixie-backports ;;
	esac
	if ! why=$(debian_unpack "go-$1" $suite "golang-$1-go" "golang-$1-src"); then
		echo "Go $1: ${why:-it cannot be unpacked}" >&2
		return 1
	fi
	echo "$GO_TOOLCHAINS/go-$1/usr/lib/go-$1"
}

go_with() { # RELEASE COMMAND...
	local root
	root=$(go_toolchain "$1") || return
	shift
	env GOROOT="$root" PATH="$root/bin:$PATH" GOTOOLCHAIN=local GOENV=off GOPROXY=off GOSUMDB=off \
		GOFLAGS="-buildvcs=false -mod=mod" GOTELEMETRY=off GOCACHE="$GO_TOOLCHAINS/gocache" "$@"
}

debian_program() { # SUITE PACKAGE PATH
	local why
	if ! why=$(debian_unpack "$1-$2" "$1" "$2"); then
		echo "$2: ${why:-it cannot be unpacked}" >&2
		return 1
	fi
	echo "$GO_TOOLCHAINS/$1-$2/$3"
}

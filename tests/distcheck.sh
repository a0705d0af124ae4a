#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make distcheck: the archive builds, installs and runs, away from the repository.
set -eu
archive=$(realpath "$1")
box=$(mktemp -d)
trap 'rm -rf "$box"' EXIT
cd "$box"
tar -xf "$archive"
cd stk-*
make -j"$(nproc)" -s
make -s check-api check-layers
echo "$(basename "$archive") builds, installs and runs"

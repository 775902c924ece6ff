#!/bin/sh
# debian-package.sh NAME: unpacks a Debian package outside the checkout, unless it is there, and prints where. Nothing is installed.
set -e
folder=${HOSTLER_TEST_CACHE:-$HOME/.cache/hostler-test}/$1
if [ ! -e "$folder" ]; then
	mkdir -p "${folder%/*}"
	new=$(mktemp -d "$folder.XXXXXX")
	trap 'rm -rf "$new"' EXIT
	chmod 755 "$new"
	cd "$new"
	apt-get download -qq "$1" >&2 || { apt-get update -qq && apt-get download -qq "$1"; } >&2
	dpkg-deb -x ./*.deb unpacked
	mv unpacked "$folder"
fi
echo "$folder"

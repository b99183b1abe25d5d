#!/usr/bin/env bash
# `make dist` writes the committed files and nothing else, the same bytes whoever
# calls it; the Debian packages bear the version of the header.
# Closes with: N passed, N failed.
set -u
cd "$(dirname "$0")/.." || exit 1

if [ -n "${SAN-}" ] || ! git rev-parse -q --verify HEAD >/dev/null 2>&1 || [ ! -e .git ]; then
    echo "skip: for plain builds in a repository of git"
    exit 0
fi
# shellcheck source=tests/expect.bash
. tests/expect.bash

version=$(sed -n 's/^#define W2B_VERSION_[MP][A-Z]* //p' word2bits/w2b.h | paste -sd .)
name=word2bits-$version
dist()
{
    (umask "$2" && TZ=$3 "${MAKE:-make}" BUILD="$tmp/$1" dist)
}
expect "make dist" dist one 022 UTC
expect "make dist by another" dist two 077 Asia/Tokyo
expect "both write the same" cmp "$tmp/one/$name.tar.gz" "$tmp/two/$name.tar.gz"
tar -tzf "$tmp/one/$name.tar.gz" | grep -v '/$' | LC_ALL=C sort >"$tmp/there"
git ls-tree -r --name-only HEAD | sed "s,^,$name/," | LC_ALL=C sort >"$tmp/said"
expect "the tarball holds what is committed" diff "$tmp/said" "$tmp/there"
expect "the Debian packages have version $version" \
    grep -q "^word2bits (${version//./\\.}-[0-9]*) " .debian/changelog

finish

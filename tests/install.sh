#!/usr/bin/env bash
# `make install` into an empty folder, C and C++ programs (the README's example is
# one) built against what it put there and run, its man pages and completions read
# by the programs that they are for where these are installed, then `make uninstall`,
# after which nothing is left.
# Closes with: N passed, N failed.
set -u
cd "$(dirname "$0")/.." || exit 1

if [ -n "${SAN-}" ]; then
    echo "skip: installed builds have no sanitizers"
    exit 0
fi
# shellcheck source=tests/expect.bash
. tests/expect.bash

prefix=/opt/w2b
root=$tmp/root
make=("${MAKE:-make}" "CC=${CC:-cc}" "prefix=$prefix" "DESTDIR=$root")
# The build that is under test, not another one.
if [ "${W2B_BUILD:-$PWD/.build}" != "$PWD/.build" ]; then
    make+=("BUILD=$W2B_BUILD")
fi
expect "make install" "${make[@]}" install
lib=$root$prefix/lib
for file in bin/w2b lib/libw2b.a lib/libw2b.so lib/libw2b.so.0 include/w2b.h \
    lib/pkgconfig/w2b.pc share/man/man1/w2b.1; do
    expect "$file is installed" test -s "$root$prefix/$file"
done
soname()
{
    objdump -p "$lib/libw2b.so" | grep -q 'SONAME *libw2b\.so\.0$'
}
expect "the shared library has a soname" soname
expect "the installed command runs" "$root$prefix/bin/w2b" version
share=$root$prefix/share
# man formats and mandoc checks; the pages have no date, as they would not be the
# same bytes every day.
manual()
{
    if command -v man >/dev/null; then
        [ -z "$(man --warnings -E UTF-8 -l "$1" 2>&1 >/dev/null)" ] || return
    fi
    if command -v mandoc >/dev/null; then
        ! mandoc -T lint -W warning "$1" | grep -v 'missing date'
    fi
}
for name in $("$root$prefix/bin/w2b" __generate commands); do
    expect "$name has a man page" test -s "$share/man/man1/w2b-$name.1"
done
for page in "$share"/man/man1/*.1; do
    expect "${page##*/} is a man page without a warning" manual "$page"
done
# completion SHELL FILE: it can read the file, and runs it where that can be done
# without a terminal (bash's is called in tests/cli).
completion()
{
    command -v "$1" >/dev/null || return 0
    "$1" -n "$2" || return
    [ "$1" != fish ] ||
        [ "$(HOME=$tmp fish -c "source $2; complete -C 'w2b trai'" | cut -f 1)" = train ]
}
expect "bash reads its completions" completion bash "$share/bash-completion/completions/w2b"
expect "zsh reads its completions" completion zsh "$share/zsh/site-functions/_w2b"
expect "fish completes a command" completion fish "$share/fish/vendor_completions.d/w2b.fish"

cat >"$tmp/use.c" <<'END'
#include <stdio.h>
#include <string.h>

#include <w2b.h>

int main(void)
{
    w2b_model *model = NULL;
    w2b_diag diag;
    if (w2b_model_open("/nonexistent", NULL, &model, &diag) != W2B_ERR_IO || model != NULL)
        return 1;
    w2b_train_options options;
    w2b_train_defaults(&options);
    if (options.size != sizeof(options) || w2b_train_check(&options) != NULL)
        return 1;
    printf("%s\n", w2b_version());
    return strcmp(w2b_isa_name(W2B_ISA_SCALAR), "scalar") != 0;
}
END
cp "$tmp/use.c" "$tmp/use.cc"

# The README's example, with the model that it opens.
awk '/^    #include/ { on = 1 } on && /^[^ ]/ { exit } on { print substr($0, 5) }' README.md \
    >"$tmp/example.c"
cp "$tmp/example.c" "$tmp/example.cc"
model()
{
    "${GEN:-${W2B_BUILD:-.build}/gen}" --words 100K -o "$tmp/text.txt" &&
        "$root$prefix/bin/w2b" train -q "$tmp/text.txt" -o "$tmp/model.w2b" --dim 32 --epochs 1
}
expect "a model for the README's example" model

export PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
warnings=(-Wall -Wextra -Wpedantic -Werror)
flags()
{
    pkg-config "$@" w2b
}
version=$(sed -n 's/^#define W2B_VERSION_[MP][A-Z]* //p' word2bits/w2b.h | paste -sd .)
expect "pkg-config knows the version" test "$(pkg-config --modversion w2b)" = "$version"

# compile COMPILER SOURCE PROGRAM ARGUMENTS...: against the installed header
compile()
{
    local compiler=$1 source=$2 program=$3
    shift 3
    # shellcheck disable=SC2046 # flags are several words
    "$compiler" "${warnings[@]}" $(flags --cflags) -o "$program" "$source" "$@"
}
# run PROGRAM: against the installed library; it prints the version
run()
{
    [ "$(LD_LIBRARY_PATH=$lib "$1")" = "$version" ]
}
# example PROGRAM: ten words and their scores
example()
{
    (cd "$tmp" && LD_LIBRARY_PATH=$lib "$1" >"$tmp/near") || return
    cat "$tmp/near"
    [ "$(grep -c '^[a-z]* -\?[01]\.[0-9]\{4\}$' "$tmp/near")" = 10 ]
}
read -ra shared <<<"$(flags --libs)"
expect "a C program compiles" compile "${CC:-cc}" "$tmp/use.c" "$tmp/use" -std=c99 "${shared[@]}"
expect "a C program runs" run "$tmp/use"
read -ra static <<<"$(flags --static --libs)"
expect "a static C program compiles" compile "${CC:-cc}" "$tmp/use.c" "$tmp/static" -std=c99 \
    "${static[@]/#-lw2b/$lib/libw2b.a}"
expect "a static C program runs" "$tmp/static"
expect "the README's example compiles" compile "${CC:-cc}" "$tmp/example.c" "$tmp/example" \
    -std=c11 "${shared[@]}"
expect "the README's example runs" example "$tmp/example"
expect "the README's example compiles with the static library" compile "${CC:-cc}" \
    "$tmp/example.c" "$tmp/example-static" -std=c11 "${static[@]/#-lw2b/$lib/libw2b.a}"
expect "the README's example runs with the static library" example "$tmp/example-static"
case ${CC:-cc} in clang*) cxx=clang++ ;; *) cxx=c++ ;; esac
if command -v "$cxx" >/dev/null; then
    expect "a C++ program compiles" compile "$cxx" "$tmp/use.cc" "$tmp/usecc" -std=c++11 \
        "${shared[@]}"
    expect "a C++ program runs" run "$tmp/usecc"
    expect "the README's example compiles as C++" compile "$cxx" "$tmp/example.cc" \
        "$tmp/examplecc" -std=c++11 "${shared[@]}"
    expect "the README's example runs as C++" example "$tmp/examplecc"
fi

expect "make uninstall" "${make[@]}" uninstall
left=$(find "$root" ! -type d 2>/dev/null)
expect "nothing is left of it: $left" test -z "$left"
finish

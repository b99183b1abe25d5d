#!/usr/bin/env bash
# Brings public texts, test sets and vectors, checks them, and unpacks them into the
# form that w2b reads. What there is stands in data/sources.txt beside this script.
set -u
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd) || exit 1
sources=$here/sources.txt
dir=${XDG_CACHE_HOME:-${HOME:-.}/.cache}/w2b
mirror='' list=0 keep=0
names=()

usage()
{
    cat <<'END'
usage: fetch.sh [OPTIONS] NAME...

Downloads what NAME stands for, checks it and unpacks it. "tests" stands for all
test sets. A download that broke off goes on where it stopped; what is there and
whole is not fetched again.

  -l, --list         show the names, and with NAMEs all about them
  -d, --dir DIR      where things go (default ~/.cache/w2b)
  -m, --mirror FROM  fetch the files from this folder or address instead
  -k, --keep         keep the archives that have been unpacked
  -s, --sources FILE another list than data/sources.txt
  -h, --help         show this

curl or wget is used, with the proxies of http_proxy, https_proxy and no_proxy.
END
}

wrong()
{
    echo "fetch.sh: $* (--help shows the options)" >&2
    exit 2
}

say() { echo "fetch.sh: $*" >&2; }

# field NAME KEY: one line of the record of NAME.
field()
{
    awk -v name="$1" -v key="$2" '
        $1 == "name" { on = $2 == name }
        on && $1 == key { sub(/^[^ ]+ +/, ""); print; exit }' "$sources"
}

# The names of all records of a kind.
names_of()
{
    awk -v kind="$1" '$1 == "name" { n = $2 } $1 == "kind" && $2 == kind { print n }' "$sources"
}

show_list()
{
    local name
    if [ ${#names[@]} -gt 0 ]; then
        for name in "${names[@]}"; do
            awk -v name="$name" '$1 == "name" { on = $2 == name } on && NF' "$sources"
            echo
        done
        return
    fi
    awk '
        function line() {
            if (name != "") {
                size = bytes ~ /^[0-9]+$/ ? human(bytes) : "?"
                printf "%-15s %-8s %8s  %s\n", name, kind, size, what
            }
        }
        function human(n) {
            n += 0
            return n < 1e6 ? sprintf("%.0f KB", n / 1e3 + 0.49) : sprintf("%.0f MB", n / 1e6)
        }
        { rest = $0; sub(/^[^ ]+ +/, "", rest) }
        $1 == "name" { line(); name = rest }
        $1 == "kind" { kind = rest }
        $1 == "bytes" { bytes = rest }
        $1 == "what" { what = rest }
        END { line() }' "$sources"
}

# One attempt to bring $1 to file $2, going on behind what it holds already.
download()
{
    local quiet=()
    if command -v curl >/dev/null; then
        [ -t 2 ] && quiet=(--progress-bar) || quiet=(-sS)
        curl -fL "${quiet[@]}" --retry 3 --connect-timeout 30 -C - -o "$2" "$1"
    elif command -v wget >/dev/null; then
        [ -t 2 ] || quiet=(-nv)
        wget "${quiet[@]}" --tries=3 --timeout=30 -c -O "$2" "$1"
    else
        say "neither curl nor wget is installed"
        return 127
    fi
}

# bring NAME URL PART: PART is the whole file afterwards, or this fails.
bring()
{
    local name=$1 url=$2 part=$3 bytes size=0
    bytes=$(field "$name" bytes)
    [ ! -f "$part" ] || size=$(wc -c <"$part")
    if [ -n "$mirror" ]; then
        url=${mirror%/}/${url##*/}
    fi
    if [[ $url != *://* ]]; then
        cp -- "$url" "$part" || return 1
        return
    fi
    if [[ $bytes =~ ^[0-9]+$ ]]; then
        [ "$size" != "$bytes" ] || return 0
        if [ "$size" -gt "$bytes" ]; then
            rm -f -- "$part"
            size=0
        fi
    fi
    [ "$size" = 0 ] || say "$name: going on behind $size bytes"
    download "$url" "$part" && return
    # A server may be unable to go on; then only the beginning helps.
    if [ "$size" -gt 0 ] && [ "$(wc -c <"$part")" = "$size" ]; then
        say "$name: cannot go on, starting again"
        rm -f -- "$part"
        download "$url" "$part" && return
    fi
    say "$name: could not be fetched from $url"
    return 1
}

# matches FILE SUM: 0 if the checksum is right or unknown, which is said.
matches()
{
    local found
    case $2 in
        - | '')
            found=$(sha256sum <"$1")
            say "no checksum is known; it has SHA-256 ${found%% *}"
            return
            ;;
        md5:*) found=md5:$(md5sum <"$1") ;;
        *) found=$(sha256sum <"$1") ;;
    esac
    [ "${found%% *}" = "$2" ]
}

# The bytes of one member of a zip file.
member()
{
    if command -v unzip >/dev/null; then
        unzip -p "$1" "$2"
    elif command -v bsdtar >/dev/null; then
        bsdtar -xOf "$1" "$2"
    else
        python3 -c 'import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z, z.open(sys.argv[2]) as f:
    shutil.copyfileobj(f, sys.stdout.buffer)' "$1" "$2"
    fi
}

extract_all()
{
    if command -v unzip >/dev/null; then
        unzip -q "$1" -d "$2"
    else
        mkdir "$2" && python3 -m zipfile -e "$1" "$2"
    fi
}

# unpack NAME ARCHIVE TARGET: TARGET appears when it is whole.
unpack()
{
    local name=$1 archive=$2 target=$3 take what inside
    read -r take what <<<"$(field "$name" take)"
    inside=$(field "$name" inside)
    rm -rf -- "$target.new"
    case $take in
        plain) cp -- "$archive" "$target.new" ;;
        zip) member "$archive" "$what" >"$target.new" ;;
        wikipedia)
            if [ -n "$inside" ] && ! member "$archive" "$what" | matches /dev/stdin "$inside"; then
                say "$name: $what inside of the archive is damaged"
                return 1
            fi
            say "$name: cleaning, which takes a few minutes"
            set -o pipefail
            member "$archive" "$what" | awk -f "$here/wiki.awk" >"$target.new"
            ;;
        unzip)
            extract_all "$archive" "$target.new" &&
                if [ -d "$target.new/${target##*/}" ]; then
                    mv -- "$target.new/${target##*/}" "$target.inner" &&
                        rm -rf -- "$target.new" && mv -- "$target.inner" "$target.new"
                fi
            ;;
        *)
            say "$name: the list says \"take $take\", which is unknown"
            false
            ;;
    esac
    local code=$?
    set +o pipefail
    if [ $code != 0 ] || { [ -f "$target.new" ] && [ ! -s "$target.new" ]; }; then
        rm -rf -- "$target.new"
        say "$name: could not be unpacked"
        return 1
    fi
    mv -- "$target.new" "$target"
}

fetch()
{
    local name=$1 url file target
    url=$(field "$name" from)
    file=$dir/${url##*/}
    target=$dir/$(field "$name" as)
    if [ -e "$target" ]; then
        echo "$target"
        return
    fi
    if [ ! -f "$file" ] || [ "$file" = "$target" ]; then
        bring "$name" "$url" "$file.part" || return 1
        if ! matches "$file.part" "$(field "$name" sum)"; then
            rm -f -- "$file.part"
            say "$name: what came is not what it should be (checksum); removed"
            return 1
        fi
        mv -- "$file.part" "$file" || return 1
    fi
    if [ "$file" != "$target" ]; then
        unpack "$name" "$file" "$target" || return 1
        [ "$keep" = 1 ] || rm -f -- "$file"
    fi
    echo "$target"
    say "$name: licence: $(field "$name" licence); please cite $(field "$name" cite)"
}

while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit ;;
        -l | --list) list=1 ;;
        -k | --keep) keep=1 ;;
        -d | --dir | -m | --mirror | -s | --sources)
            [ $# -gt 1 ] || wrong "$1 needs a value"
            case $1 in
                -d | --dir) dir=$2 ;;
                -m | --mirror) mirror=$2 ;;
                *) sources=$2 ;;
            esac
            shift
            ;;
        -*) wrong "unknown option $1" ;;
        *) names+=("$1") ;;
    esac
    shift
done
[ -r "$sources" ] || wrong "cannot read $sources"

wanted=()
for name in ${names[@]+"${names[@]}"}; do
    if [ "$name" = tests ]; then
        mapfile -t -O ${#wanted[@]} wanted < <(names_of test)
    elif [ -n "$(field "$name" from)" ]; then
        wanted+=("$name")
    else
        wrong "unknown name $name"
    fi
done
names=(${wanted[@]+"${wanted[@]}"})
if [ $list = 1 ]; then
    show_list
    exit
fi
[ ${#names[@]} -gt 0 ] || wrong "nothing to fetch; --list shows the names"
mkdir -p -- "$dir" || exit 1
failed=0
for name in "${names[@]}"; do
    fetch "$name" || failed=1
done
exit $failed

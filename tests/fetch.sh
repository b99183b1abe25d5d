#!/usr/bin/env bash
# data/fetch.sh against a server on loopback: resuming, checksums, mirrors, proxies,
# unpacking; and data/wiki.awk on a small dump.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY no_proxy NO_PROXY all_proxy ALL_PROXY

for program in python3 curl; do
    if ! command -v "$program" >/dev/null; then
        echo "skip: $program is not installed"
        exit 0
    fi
done
tmp=$(mktemp -d) || exit 1
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$tmp"' EXIT
passed=0 failed=0

check()
{
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $name"
        cat "$tmp/err" 2>/dev/null
    fi
}

fails() { ! "$@"; }

# fetch ARGS...: the script with the list and folder of this test.
fetch() { data/fetch.sh -s "$tmp/sources" -d "$tmp/got" "$@" >"$tmp/out" 2>"$tmp/err"; }

asked() { grep -qxF -- "$1" "$tmp/log"; }
fresh() { rm -rf "$tmp/got" && : >"$tmp/log"; }

# record NAME KIND ADDRESS BYTES SUM TAKE AS [INSIDE]: a record of the list.
record()
{
    printf '%s\n' "" "name     $1" "kind     $2" "what     a test" "from     $3" "bytes    $4" \
        "sum      $5" "take     $6" "as       $7" "inside   ${8-}" "licence  none" "cite     nobody"
}

sum() { sha256sum <"$1" | cut -d ' ' -f 1; }

mkdir "$tmp/files"
: >"$tmp/log"
seq 1 60000 >"$tmp/files/plain.txt"
cat >"$tmp/dump" <<'END'
<mediawiki>
  <page>
    <title>Anarchism</title>
    <text xml:space="preserve">{{Infobox
| name = [[hidden]]
| more = {{inner|template}}
}}
'''Anarchism''' is a [[political ideas|philosophy]] of [[state]]s.&lt;ref name=&quot;a&quot;&gt;
A secret reference&lt;/ref&gt; It began in 1905 &amp; ended.

[[Image:Flag.png|thumb|A black [[flag (symbol)|flag]] of 2 colours]]
&lt;!-- a comment
that goes on --&gt;After it.
{| class=&quot;wikitable&quot;
| a cell
|}
See [http://example.org/x the page] or http://example.org/y here&amp;nbsp;now.&lt;br /&gt;End.
The sum &lt;math&gt;a^2
+ b^2&lt;/math&gt; is left&lt;ref name=b/&gt; out.
[[de:Anarchismus]]
[[Category:Politics]]</text>
  </page>
  <page>
    <title>Anarchist</title>
    <text xml:space="preserve">#REDIRECT [[Anarchism]]</text>
  </page>
  <page>
    <title>Talk:Anarchism</title>
    <text xml:space="preserve">Chatter.</text>
  </page>
  <page>
    <title>Broken</title>
    <text xml:space="preserve">{{never closed
lost
== Heading ==
* Caf&#233; 10%</text>
  </page>
</mediawiki>
END
cat >"$tmp/plain" <<'END'
anarchism is a philosophy of states
it began in one nine zero five ended
a black flag of two colours
after it
see the page or here now end
the sum
is left out
heading
caf one zero
END
check "a dump becomes plain text" cmp -s <(awk -f data/wiki.awk "$tmp/dump") "$tmp/plain"

mkdir "$tmp/Set"
echo "a b" >"$tmp/Set/one.txt"
(cd "$tmp" && python3 -m zipfile -c files/dump.zip dump && python3 -m zipfile -c files/Set.zip Set)
echo "not a zip file" >"$tmp/files/bad.zip"

tests/ranges.py "$tmp/files" "$tmp/log" >"$tmp/port" &
server=$!
for _ in $(seq 100); do
    [ -s "$tmp/port" ] && break
    sleep 0.1
done
url=http://127.0.0.1:$(cat "$tmp/port")
size=$(wc -c <"$tmp/files/plain.txt")
right=$(sum "$tmp/files/plain.txt")
{
    record plain test "$url/a/plain.txt" "$size" "$right" plain plain.txt
    record renamed text "$url/a/plain.txt" "$size" "md5:$(md5sum <"$tmp/files/plain.txt" |
        cut -d ' ' -f 1)" plain other.txt
    record broken text "$url/once/plain.txt" "$size" "$right" plain plain.txt
    record stubborn text "$url/whole/plain.txt" - "$right" plain plain.txt
    record forged text "$url/a/plain.txt" "$size" "${right%?}x" plain plain.txt
    record unknown text "$url/a/plain.txt" - - plain plain.txt
    record missing text "$url/a/nothing.txt" - - plain nothing.txt
    record dump text "$url/a/dump.zip" - - "wikipedia dump" dump.txt "$(sum "$tmp/dump")"
    record bent text "$url/a/dump.zip" - - "wikipedia dump" dump.txt "$right"
    record member text "$url/a/dump.zip" - - "zip dump" dump
    record nomember text "$url/a/dump.zip" - - "zip soup" soup
    record folder test "$url/a/Set.zip" - - unzip Set
    record bad text "$url/a/bad.zip" - - "zip bad" bad
} >"$tmp/sources"

check "a file arrives" fetch plain
check "it is what was sent" cmp -s "$tmp/got/plain.txt" "$tmp/files/plain.txt"
check "its path is printed" grep -qx "$tmp/got/plain.txt" "$tmp/out"
check "nothing else is left" test "$(ls "$tmp/got")" = plain.txt
: >"$tmp/log"
check "what is there is there" fetch plain
check "and not fetched again" test ! -s "$tmp/log"

fresh
check "an MD5 will do, and another name" fetch renamed
check "the name is the other one" test "$(ls "$tmp/got")" = other.txt

fresh
mkdir -p "$tmp/got"
head -c 1000 "$tmp/files/plain.txt" >"$tmp/got/plain.txt.part"
check "a broken download goes on" fetch plain
check "from where it stopped" asked "/a/plain.txt bytes=1000-"
check "and is whole" cmp -s "$tmp/got/plain.txt" "$tmp/files/plain.txt"

fresh
fetch broken
fetch broken
check "a connection that breaks loses nothing" cmp -s "$tmp/got/plain.txt" "$tmp/files/plain.txt"
check "nor is the first half asked for again" test \
    "$(grep -cvE 'bytes=[1-9][0-9]*-$' "$tmp/log")" = 1

fresh
mkdir -p "$tmp/got"
head -c 1000 "$tmp/files/plain.txt" >"$tmp/got/plain.txt.part"
check "a server without ranges is asked for all" fetch stubborn
check "which is whole" cmp -s "$tmp/got/plain.txt" "$tmp/files/plain.txt"

fresh
mkdir -p "$tmp/got"
cp "$tmp/files/plain.txt" "$tmp/got/plain.txt.part"
check "a whole part needs no server" fetch plain
check "which is not asked" test ! -s "$tmp/log"

fresh
check "a wrong checksum fails" fails fetch forged
check "and leaves nothing" test -z "$(ls "$tmp/got")"
check "an unknown checksum is told" fetch unknown
check "with the one it has" grep -q "$right" "$tmp/err"
check "what is missing fails" fails fetch missing

fresh
check "a dump is cleaned" fetch dump
check "as it should be" cmp -s "$tmp/got/dump.txt" "$tmp/plain"
check "the archive is gone" test "$(ls "$tmp/got")" = dump.txt
fresh
check "unless it is kept" fetch -k dump
check "then it is there" test -f "$tmp/got/dump.zip"
check "damage inside is found" fails fetch bent -d "$tmp/bent"
fresh
check "a member is unpacked" fetch member
check "whole" cmp -s "$tmp/got/dump" "$tmp/dump"
fresh
check "a missing member fails" fails fetch nomember
check "a bad archive fails" fails fetch bad
check "and leaves no result" test ! -e "$tmp/got/bad"
fresh
check "a folder is unpacked" fetch folder
check "without its outer one" test -f "$tmp/got/Set/one.txt"

fresh
check "all tests" fetch tests
check "are two" test "$(ls "$tmp/got")" = "$(printf 'Set\nplain.txt')"

fresh
check "a mirror that is a folder" fetch -m "$tmp/files" plain
check "asks no server" test ! -s "$tmp/log"
fresh
check "a mirror that is an address" fetch -m "$url/mirror/" plain
check "is asked" asked "/mirror/plain.txt -"
fresh
sed 's|http://127.0.0.1:[0-9]*|http://far.invalid|' "$tmp/sources" >"$tmp/far"
check "a proxy" env http_proxy="$url" data/fetch.sh -s "$tmp/far" -d "$tmp/got" plain \
    >/dev/null 2>&1
check "is asked" asked "http://far.invalid/a/plain.txt -"

check "--list names all" test "$(data/fetch.sh --list | wc -l)" = \
    "$(grep -c '^name ' data/sources.txt)"
check "--list NAME tells its licence" grep -q '^licence ' <(data/fetch.sh --list text8)
check "every record is complete" test \
    "$(grep -cE '^(kind|what|from|bytes|sum|take|as|licence|cite) ' data/sources.txt)" = \
    $((9 * $(grep -c '^name ' data/sources.txt)))
check "checksums have their lengths" fails grep -qvE \
    '^(sum|inside) +(-|[0-9a-f]{64}|md5:[0-9a-f]{32})$' <(grep -E '^(sum|inside) ' data/sources.txt)
check "--help" grep -q mirror <(data/fetch.sh --help)
check "nothing asked for" test "$(data/fetch.sh 2>/dev/null; echo $?)" = 2
check "an unknown name" test "$(fetch nobody; echo $?)" = 2
check "an unknown option" test "$(fetch --fast; echo $?)" = 2
check "an option without its value" test "$(data/fetch.sh -d 2>/dev/null; echo $?)" = 2
kill "$server" && wait "$server" 2>/dev/null
server=
fresh
check "no server" fails fetch plain

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

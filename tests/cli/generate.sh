#!/usr/bin/env bash
# Manual pages and completions come from the tables.
w2b __generate commands
for name in $(w2b __generate commands); do
    w2b __generate man "$name" | sed -n '1p'
    w2b __generate man "$name" | grep -c '^\.TP' >/dev/null || echo "$name: no options"
done
w2b __generate man | head -n 4
echo "--- bash"
w2b __generate bash >w2b.bash
# shellcheck disable=SC1091 # it is made by the line above
bash -n w2b.bash && . ./w2b.bash
try()
{
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _w2b
    echo "$* => ${COMPREPLY[*]}"
}
touch some.txt
try w2b tr
try w2b help si
try w2b train --mi
try w2b train --arch s
try w2b convert a b --to ''
try w2b train --dim ''
try w2b info som
echo "--- zsh, fish"
w2b __generate zsh | head -n 1
w2b __generate zsh | grep -F -- "--min-count}"
w2b __generate fish | grep -- '-l min-count'
w2b __generate nonsense; echo "exit $?"
w2b __generate man nonsense; echo "exit $?"

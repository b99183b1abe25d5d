#!/usr/bin/env bash
# Words that would command a terminal reach files and pipes raw, terminals never.
{ printf '3 2\nev\033[31mil 1 2\ncaf\351 1 1.5\n'; printf 'na\303\257ve\302\233 2 1\n'; } >m.vec
w2b neighbors m.vec "$(printf 'caf\351')" | od -An -c
w2b neighbors m.vec "$(printf 'caf\351')" --json
w2b neighbors m.vec "$(printf 'ev\033[31milx')"; echo "exit $?"
terminal() { SHELL=$BASH script -qec "$1" /dev/null </dev/null | tr -d '\r' | cat -v; }
terminal "w2b neighbors m.vec \$'caf\\351'"
terminal "w2b vector m.vec \$'ev\\033[31mil'"
terminal "w2b neighbors m.vec \$'\\033]0;x\\a'"
terminal "w2b neighbors m.vec \$'caf\\351' --json"
echo "--- binary output"
terminal "w2b convert m.vec - --to w2b; echo exit \$?"
terminal "w2b convert m.vec - --to word2vec-binary; echo exit \$?"
terminal "w2b quantize m.vec -o -; echo exit \$?"

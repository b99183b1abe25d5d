#!/usr/bin/env bash
# The conversation and its checks are in the script; without libedit there is
# nothing to check.
python3 "$DATA/../../prompt.py" "$(command -v w2b)" "$DATA/tiny.vec"
code=$?
[ "$code" = 77 ] || exit "$code"

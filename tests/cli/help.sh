#!/usr/bin/env bash
# Help that is asked for goes to standard output, on a mistake to standard error.
w2b help
w2b --help | cmp - <(w2b help)
w2b -h | cmp - <(w2b help)
w2b version | sed -n '1s/[0-9.]*$/VERSION/p'
w2b --version | cmp - <(w2b version)
echo "--- no command"
w2b 2>err; echo "exit $?"
cmp err <(w2b help)
echo "--- help of a command"
w2b help similarity
w2b similarity --help | cmp - <(w2b help similarity)
w2b similarity -h
echo "--- options before -h are checked, those after it are not"
w2b similarity -h --nonsense >/dev/null; echo "exit $?"
w2b help nonsense; echo "exit $?"
w2b help trian; echo "exit $?"
w2b help train vocab; echo "exit $?"
w2b trian; echo "exit $?"
w2b nonsense; echo "exit $?"
printf 'a b\n' >text; w2b "$(printf 'tr\033[31main')"; echo "exit $?"

#!/usr/bin/env bash
w2b convert "$DATA/tiny.vec" m.w2b -q
printf 'queen\r\nman\nnowhere\n\n' >list.txt
echo "--- among: a file, a word, several"
w2b neighbors m.w2b king --among list.txt
w2b neighbors m.w2b king --among girl
w2b neighbors m.w2b king --among girl,boyy,queen; echo "exit $?"
echo "--- excluded"
w2b neighbors m.w2b king -k 2 --exclude list.txt
w2b neighbors m.w2b king -k 2 --exclude man --max-rank 6
echo "--- forms of words"
w2b neighbors m.w2b king --prefix c
w2b neighbors m.w2b king --regex '^.o'
w2b neighbors m.w2b king --regex '[^a-z]$' --prefix c
echo "--- all of them together"
w2b neighbors m.w2b king --among boy,girl,Rome,Paris --exclude Rome --regex 'r|y' --max-rank 12
echo "--- nothing is left"
w2b neighbors m.w2b king --regex 'x{9}'; echo "exit $?"
echo "--- cosines"
w2b neighbors m.w2b king --min-similarity 0.5
w2b neighbors m.w2b king --min-similarity -0.06 -k 100 | tail -n 1
echo "--- questions may be about other words, and sums"
printf 'king\nking - man + woman\n' | w2b neighbors m.w2b --among girl,Paris -k 1
echo "--- analogies"
w2b analogy m.w2b man king woman -k 2 --exclude queen
echo "--- usage"
w2b neighbors m.w2b king --regex '('; echo "exit $?"
w2b neighbors m.w2b king --among ./none; echo "exit $?"
w2b neighbors m.w2b king --min-similarity 2; echo "exit $?"

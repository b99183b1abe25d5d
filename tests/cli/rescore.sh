#!/usr/bin/env bash
w2b convert "$DATA/tiny.vec" fine.w2b -q
w2b quantize "$DATA/tiny.vec" -o coarse.w2b --bits 1 -q
echo "--- coarse, fine, both"
w2b neighbors coarse.w2b king -k 2
w2b neighbors fine.w2b king -k 2
w2b neighbors coarse.w2b king -k 2 --rescore fine.w2b
w2b neighbors coarse.w2b king -k 1 --rescore fine.w2b --json
echo "--- sums, vectors, analogies"
w2b neighbors coarse.w2b "king - man + woman" -k 1 --rescore fine.w2b
w2b vector fine.w2b king | w2b neighbors coarse.w2b --vector - -k 2 --rescore fine.w2b
w2b analogy coarse.w2b man king woman -k 2 --rescore fine.w2b
echo "--- few candidates, filters"
w2b neighbors coarse.w2b king -k 2 --rescore fine.w2b --candidates 2
w2b neighbors coarse.w2b king -k 2 --rescore fine.w2b --exclude man
echo "--- other words, other rows"
{ echo "4 6"; grep -E '^(queen|boy|king|Paris) ' "$DATA/tiny.vec" | sort; } >some.vec
w2b neighbors coarse.w2b king --rescore some.vec --json
w2b neighbors coarse.w2b girl --rescore some.vec; echo "exit $?"
printf 'girl\nking\n' | w2b neighbors coarse.w2b --rescore some.vec -k 1; echo "exit $?"
echo "--- usage"
w2b neighbors fine.w2b king --candidates 5; echo "exit $?"
w2b neighbors fine.w2b king --rescore none.w2b; echo "exit $?"
printf '1 2\nking 1 0\n' >two.vec
w2b vector coarse.w2b king | w2b neighbors coarse.w2b --vector - --rescore two.vec; echo "exit $?"

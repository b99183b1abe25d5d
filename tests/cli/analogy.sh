#!/usr/bin/env bash
w2b convert "$DATA/tiny.vec" m.w2b -q
w2b analogy m.w2b man woman king -k 2
w2b analogy m.w2b Paris France Rome -k 1
w2b analogy m.w2b man woman king -k 1 --mul
w2b analogy m.w2b man woman king --max-rank 2; echo "exit $?"
printf 'man woman king\n\nParis\tFrance\tRome\r\n' | w2b analogy m.w2b -k 1; echo "exit $?"
w2b analogy m.w2b man woman king -k 1 --json
echo "--- mistakes"
w2b analogy m.w2b man womman kink -k 1; echo "exit $?"
printf 'man woman\nman woman king boy\nman woman king\n' | w2b analogy m.w2b -k 1; echo "exit $?"
printf 'man woman kign\nman woman king\n' | w2b analogy m.w2b -k 1; echo "exit $?"
w2b analogy m.w2b man woman; echo "exit $?"
w2b analogy m.w2b man woman king boy; echo "exit $?"
w2b analogy; echo "exit $?"

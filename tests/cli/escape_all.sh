#!/usr/bin/env bash
# No command hands the terminal what a word, a path or a description of a model
# commands: of raw escapes nothing is left but those of the command itself.
evil=$(printf 'ev\033[31mil')
{
    echo '4 3'
    echo "$evil 1 2 3"
    printf 'b\033]0;x\a 1 1 3\n'
    echo 'c 3 2 1'
    printf 'd\302\233m 3 3 1\n'
} >m.vec
w2b convert m.vec m.w2b -q
cp m.w2b "$evil.w2b"
printf '%s\tc\t3\n%s\td\t1\nc\tb\t2\n' "$evil" "$evil" >pairs.txt
printf ': %s\n%s c %s c\n' "$evil" "$evil" "$evil" >analogies.txt
# on_terminal COMMAND...: names it if a raw escape, or one of C1, came through.
on_terminal()
{
    printf '%q ' "$@" >line
    SHELL=$BASH script -qec "$(cat line)" /dev/null </dev/null >seen 2>&1
    if LC_ALL=C grep -q -a -e $'\033\[31m' -e $'\033]' -e $'\302\233' seen; then
        echo "raw: $1 $2"
        cat -v seen
    fi
    [ -s seen ] || echo "says nothing: $1 $2"
}
for model in m.w2b m.vec "$evil.w2b"; do
    on_terminal w2b neighbors "$model" "$evil" c
    on_terminal w2b neighbors "$model" "$evil" --json
    on_terminal w2b neighbors "$model" "$evil"x
    on_terminal w2b analogy "$model" "$evil" c c
    on_terminal w2b similarity "$model" "$evil" c
    on_terminal w2b odd "$model" "$evil" c d
    on_terminal w2b mean "$model" "$evil" c --neighbors
    on_terminal w2b vector "$model" "$evil"
    on_terminal w2b info "$model"
    on_terminal w2b info "$model" --json
    on_terminal w2b verify "$model"
    on_terminal w2b eval "$model" pairs.txt analogies.txt
    on_terminal w2b convert "$model" - --to word2vec-text
done
{ echo "$evil c"; echo "$evil c"; } >text
on_terminal w2b vocab text --min-count 1
on_terminal w2b verify "$evil.none"
on_terminal w2b "$evil"
on_terminal w2b neighbors m.w2b "--$evil"
on_terminal w2b convert m.w2b "x.$evil"
echo "all asked"

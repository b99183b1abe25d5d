# A small text that is always the same: N lines of a made-up language.
BEGIN {
    split("the cat dog bird sat ran flew on over to mat house tree and slept", words, " ")
    state = 1
    for (i = 0; i < N; i++) {
        line = ""
        for (j = 0; j < 8; j++) {
            state = (state * 1103 + 12345) % 65536
            line = line (j ? " " : "") words[int(state / 256) % 15 + 1]
        }
        print line
    }
}

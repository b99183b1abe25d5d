/*
 * fuzz_options.c - command lines: the first byte chooses the command, zero bytes
 * and newlines divide the arguments.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/opt.h"
#include "tests/fuzz/fuzz.h"

#define ARGUMENTS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *argv[ARGUMENTS_MAX];
    const char *words[ARGUMENTS_MAX + 1];
    int argc = 0;
    size_t n = 0;
    if (size < 2)
        return 0;
    while (w2b_commands[n])
        n++;
    char *text = malloc(size);
    if (!text)
        return 0;
    memcpy(text, bytes + 1, size - 1);
    text[size - 1] = '\0';
    for (char *at = text; at < text + size && argc < ARGUMENTS_MAX; at += strlen(at) + 1) {
        at[strcspn(at, "\n")] = '\0';
        argv[argc++] = at;
    }
    w2b_parsed parsed;
    w2b_opt_parse(w2b_commands[bytes[0] % n], argc, argv, words, &parsed);
    w2b_opt_release(&parsed);
    w2b_command_find(argv[0]);
    w2b_command_near(argv[0]);
    free(text);
    return 0;
}

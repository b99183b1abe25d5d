/*
 * commands.c - the list of subcommands.
 */
#include "cli/commands.h"

#include <string.h>

const w2b_command *const w2b_commands[] = {
    &w2b_cmd_train,
    &w2b_cmd_vocab,
    &w2b_cmd_phrases,
    &w2b_cmd_quantize,
    &w2b_cmd_convert,
    &w2b_cmd_neighbors,
    &w2b_cmd_analogy,
    &w2b_cmd_similarity,
    &w2b_cmd_odd,
    &w2b_cmd_mean,
    &w2b_cmd_vector,
    &w2b_cmd_eval,
    &w2b_cmd_compare,
    &w2b_cmd_map,
    &w2b_cmd_info,
    &w2b_cmd_verify,
    NULL
};

const w2b_command *w2b_command_find(const char *name)
{
    for (size_t i = 0; w2b_commands[i]; i++) {
        if (!strcmp(w2b_commands[i]->name, name)) return w2b_commands[i];
    }
    return NULL;
}

const w2b_command *w2b_command_near(const char *name)
{
    const w2b_command *near = NULL;
    size_t least = strlen(name) / 3 + 2;
    for (size_t i = 0; w2b_commands[i]; i++) {
        size_t distance = w2b_opt_distance(name, w2b_commands[i]->name);
        if (distance < least) {
            least = distance;
            near = w2b_commands[i];
        }
    }
    return near;
}

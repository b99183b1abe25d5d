/*
 * commands.h - the subcommands, one file each.
 */
#ifndef W2B_CLI_COMMANDS_H
#define W2B_CLI_COMMANDS_H

#include "cli/opt.h"

extern const w2b_command w2b_cmd_train;
extern const w2b_command w2b_cmd_vocab;
extern const w2b_command w2b_cmd_phrases;
extern const w2b_command w2b_cmd_quantize;
extern const w2b_command w2b_cmd_convert;
extern const w2b_command w2b_cmd_neighbors;
extern const w2b_command w2b_cmd_analogy;
extern const w2b_command w2b_cmd_similarity;
extern const w2b_command w2b_cmd_odd;
extern const w2b_command w2b_cmd_mean;
extern const w2b_command w2b_cmd_vector;
extern const w2b_command w2b_cmd_eval;
extern const w2b_command w2b_cmd_compare;
extern const w2b_command w2b_cmd_map;
extern const w2b_command w2b_cmd_info;
extern const w2b_command w2b_cmd_verify;

/* All of them by group, in the order of the help, ending in NULL. */
extern const w2b_command *const w2b_commands[];

/* The command of that name, or NULL. */
const w2b_command *w2b_command_find(const char *name);

/* The command whose name is spelled nearest, or NULL if none is near. */
const w2b_command *w2b_command_near(const char *name);

/* Options that several commands have. `type` is their struct. */
#define W2B_OPT_OUTPUT(type, field, text) \
    {.name = "output", .letter = 'o', .kind = W2B_OPT_TEXT, .value = "FILE", .help = text, \
     .more = "It appears under its name when it is whole; - is standard output.", \
     W2B_OPT_AT(type, field), .complete = W2B_COMPLETE_FILE}
#define W2B_OPT_VOCAB(type, field) \
    {.name = "vocab", .kind = W2B_OPT_TEXT, .value = "FILE", \
     .help = "the words of vectors that come without, one a line", \
     .more = "For .npy and .safetensors; a name ending in .json is a Hugging Face tokenizer. " \
             "Without it NAME.vocab.txt, NAME.vocab or tokenizer.json beside NAME.npy is read.", \
     W2B_OPT_AT(type, field), .complete = W2B_COMPLETE_FILE}
#define W2B_OPT_PARTIAL(type, field) \
    {.name = "partial", .kind = W2B_OPT_SWITCH, \
     .help = "accept fewer words than a word2vec file promises", W2B_OPT_AT(type, field)}
#define W2B_OPT_SPOOL_DIR(type, field) \
    {.name = "spool-dir", .kind = W2B_OPT_TEXT, .value = "DIR", \
     .help = "folder for a file of what does not fit memory", \
     .more = "The file has no name and is gone at the end.", W2B_OPT_AT(type, field), \
     .zero = "/var/tmp", .complete = W2B_COMPLETE_FOLDER}
#define W2B_OPT_FORCE(type, field) \
    {.name = "force", .letter = 'f', .kind = W2B_OPT_SWITCH, \
     .help = "replace an output that exists", W2B_OPT_AT(type, field)}
#define W2B_OPT_QUIET(type, field) \
    {.name = "quiet", .letter = 'q', .kind = W2B_OPT_SWITCH, \
     .help = "no progress and no summary", W2B_OPT_AT(type, field)}
#define W2B_OPT_JSON(type, field) \
    {.name = "json", .kind = W2B_OPT_SWITCH, .help = "print JSON", \
     .more = "One object a question, each on a line of its own. Scores have all their digits " \
             "there. Bytes that are not UTF-8 become U+FFFD.", \
     W2B_OPT_AT(type, field)}

#endif

/*
 * opt.h - commands and their options as tables.
 *
 * One table a command is all there is: the parser, -h, --help, the manual
 * pages and the completions of three shells are made from it.
 */
#ifndef W2B_CLI_OPT_H
#define W2B_CLI_OPT_H

#include <stddef.h>
#include <stdint.h>

/* Exit codes of the command. */
enum {
    W2B_EXIT_DONE = 0,
    W2B_EXIT_FAILED = 1,
    W2B_EXIT_USAGE = 2,
    W2B_EXIT_UNKNOWN = 3, /* some words are not in the model */
    W2B_EXIT_STOPPED = 4  /* by a signal, with all that was done in a checkpoint */
};

typedef enum w2b_opt_kind {
    W2B_OPT_SWITCH,  /* int: 1 by --name, 0 by --no-name */
    W2B_OPT_COUNT,   /* uint32_t or uint64_t, with units such as K and MiB */
    W2B_OPT_REAL,    /* double */
    W2B_OPT_TEXT,    /* const char *, a piece of argv */
    W2B_OPT_CHOICE   /* int: which of `choices` */
} w2b_opt_kind;

/* What a shell should offer as the value. */
typedef enum w2b_opt_complete {
    W2B_COMPLETE_NOTHING,
    W2B_COMPLETE_FILE,
    W2B_COMPLETE_FOLDER
} w2b_opt_complete;

/* One option. The value is stored `offset` bytes into the command's struct. */
typedef struct w2b_opt {
    const char *name;    /* without dashes */
    char letter;         /* of the short form; 0 = none */
    w2b_opt_kind kind;
    const char *value;   /* what the help calls the value; NULL: a switch */
    const char *help;    /* one line, no capital, no full stop */
    const char *more;    /* whole sentences for --help, or NULL */
    size_t offset, size;
    uint64_t low, high;  /* range of a count; high 0 = any */
    const uint32_t *also;       /* counts outside it that are fine, ending in
                                   0; NULL = none */
    double real_low, real_high; /* range of a real */
    const char *zero;    /* what the help says for a default of 0 */
    const char *const *choices; /* ending in NULL */
    w2b_opt_complete complete;
    const char *heading; /* of the group of options that begins here */
} w2b_opt;

/* The place of `field` in `type`, for an initializer. */
#define W2B_OPT_AT(type, field) \
    .offset = offsetof(type, field), .size = sizeof(((type *)0)->field)

typedef struct w2b_example {
    const char *line; /* as typed, without a prompt */
    const char *says; /* what it does: one line, or NULL */
} w2b_example;

typedef struct w2b_parsed w2b_parsed;

typedef struct w2b_command {
    const char *name;
    const char *group;       /* heading in the list of commands */
    const char *summary;     /* one line, no full stop */
    const char *usage;       /* after the name: "MODEL [WORD...]" */
    const char *about;       /* paragraphs, divided by empty lines */
    const w2b_example *examples; /* ending in a line of NULL */
    const w2b_opt *options;  /* ending in a name of NULL; -h and --help are
                                understood without being here */
    size_t args_size;        /* of the struct that receives the values */
    void (*defaults)(void *args); /* fills it, zeroed before */
    size_t least, most;      /* arguments; most 0 = any number */
    const char *missing;     /* what to say if there are fewer: "no corpus" */
    int words;               /* nonzero: arguments after the first are words,
                                not files */
    int unknown;             /* nonzero: can exit with W2B_EXIT_UNKNOWN */
    int stops;               /* nonzero: can exit with W2B_EXIT_STOPPED */
    int (*run)(const w2b_parsed *parsed);
} w2b_command;

typedef enum w2b_parse {
    W2B_PARSE_RUN,
    W2B_PARSE_SHORT_HELP,
    W2B_PARSE_LONG_HELP,
    W2B_PARSE_BAD,  /* `why` says what is wrong */
    W2B_PARSE_MEMORY
} w2b_parse;

struct w2b_parsed {
    const w2b_command *command;
    void *args;              /* the command's struct, owned */
    const char *const *words;/* arguments that are no options */
    size_t n_words;
    uint64_t given;          /* bit i: options[i] was on the command line */
    char why[256];
};

/* Parses what follows the command's name. `words` has room for argc pointers;
 * it receives the arguments that are no options and is kept by `parsed`.
 * Release with w2b_opt_release, whatever this returns. */
w2b_parse w2b_opt_parse(const w2b_command *command, int argc,
                        char *const *argv, const char **words,
                        w2b_parsed *parsed);

void w2b_opt_release(w2b_parsed *parsed);

/* The command's struct filled with its defaults, from malloc; NULL if memory
 * is short. */
void *w2b_opt_defaults(const w2b_command *command);

/* Nonzero if the option was on the command line. */
int w2b_opt_given(const w2b_parsed *parsed, const char *name);

/* Number of options in the table. */
size_t w2b_opt_total(const w2b_command *command);

/* A whole number such as 500, 1e6, 1.5M, 64KiB, 2 GB. K, M, G, T are powers of
 * 1000, Ki, Mi, Gi, Ti of 1024; a B may follow. 0, or -1 if it is no such
 * number, or -2 if it exceeds 64 bits. */
int w2b_opt_number(const char *text, uint64_t *number);

/* A finite decimal number, nothing after it. 0, or -1. */
int w2b_opt_real(const char *text, double *number);

/* "1 to 8, 16 or 32": the range of a count or a real, or the choices. */
void w2b_opt_range(const w2b_opt *option, char *text, size_t room);

/* The value of the option in `args` as the help shows it; "" for switches and
 * for texts that are not set. */
void w2b_opt_show(const w2b_opt *option, const void *args, char *text,
                  size_t room);

/* How many insertions, deletions, replacements and swaps of neighbours lead
 * from a to b. Names longer than 63 bytes are as far as can be. */
size_t w2b_opt_distance(const char *a, const char *b);

#endif

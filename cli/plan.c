/*
 * plan.c - what training would take.
 */
#include "cli/plan.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/opt.h"
#include "cli/talk.h"

/* One part of the memory. */
typedef struct part {
    const char *key, *says;
    size_t at;
} part;

static const part PARTS[] = {
    {"matrices", "two latent matrices", offsetof(w2b_train_plan, matrices)},
    {"vocabulary", "vocabulary and sampling tables", offsetof(w2b_train_plan, vocabulary)},
    {"ids", "the text as numbers", offsetof(w2b_train_plan, ids)},
    {"streams", "buffers of the streams", offsetof(w2b_train_plan, streams)},
    {"thread", "buffers of each thread", offsetof(w2b_train_plan, thread)},
    {"base", "the model to update", offsetof(w2b_train_plan, base)},
    {"result", "the model at the end", offsetof(w2b_train_plan, result)},
    {"counting", "while counting, instead of these", offsetof(w2b_train_plan, counting)},
    {"program", "the program itself", offsetof(w2b_train_plan, program)},
    {"total", "memory at the most", offsetof(w2b_train_plan, total)},
};

static uint64_t value_of(const w2b_train_plan *plan, const part *p)
{
    return *(const uint64_t *)((const char *)plan + p->at);
}

static int print_json(const w2b_train_plan *plan)
{
    json_t *memory = json_object(), *files;
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        json_object_set_new(memory, PARTS[i].key,
                            json_integer((json_int_t)value_of(plan, &PARTS[i])));
    }
    files = json_pack("{s:I, s:I, s:I}", "model", (json_int_t)plan->model_file, "checkpoint",
                      (json_int_t)plan->checkpoint_file, "ids", (json_int_t)plan->ids_on_disk);
    return w2b_json_page(json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "tokens",
                                   (json_int_t)plan->corpus.tokens, "kept",
                                   (json_int_t)plan->corpus.kept, "words",
                                   (json_int_t)plan->corpus.words, "threads",
                                   (json_int_t)plan->threads, "memory", memory, "files", files));
}

static void print_file(const char *name, const char *what, uint64_t bytes)
{
    char size[32], *shown = w2b_talk_escape(name, strlen(name));
    printf("%-34s %12s  %s\n", what, w2b_talk_size((double)bytes, size), shown ? shown : "");
    free(shown);
}

int w2b_plan_print(const w2b_train_plan *plan, const w2b_train_options *options,
                   const char *output, int json)
{
    char tokens[32], kept[32], words[32], size[32];
    if (json) return print_json(plan);
    printf("%s words of text, %s of them kept, %s different ones; %u thread%s\n\nMemory\n",
           w2b_talk_number(plan->corpus.tokens, tokens), w2b_talk_number(plan->corpus.kept, kept),
           w2b_talk_number(plan->corpus.words, words), plan->threads,
           plan->threads == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        const uint64_t bytes = value_of(plan, &PARTS[i]);
        if (bytes) printf("  %-32s %12s\n", PARTS[i].says, w2b_talk_size((double)bytes, size));
    }
    printf("\nFiles\n");
    if (output) print_file(output, "  the model, about", plan->model_file);
    if (options->checkpoint) {
        print_file(options->checkpoint, "  the checkpoint, twice at times",
                   plan->checkpoint_file);
    }
    if (plan->ids_on_disk) {
        print_file(options->corpus.spool_dir ? options->corpus.spool_dir : "/var/tmp",
                   "  the text as numbers", plan->ids_on_disk);
    }
    return W2B_EXIT_DONE;
}

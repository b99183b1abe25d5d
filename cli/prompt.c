/*
 * prompt.c - questions typed on a terminal, by libedit.
 */
#include "cli/prompt.h"

#include <string.h>

#include "cli/talk.h"

/* ----- Completion --------------------------------------------------------- */

static int in_character(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

void w2b_prompt_complete(const w2b_model *model, const char *begin, size_t length,
                         w2b_completion *completion)
{
    w2b_info info;
    w2b_model_info(model, &info);
    *completion = (w2b_completion){0};
    for (uint64_t row = 0; row < info.words; row++) {
        size_t other;
        const char *word = w2b_model_word(model, row, &other);
        if (!word || other < length || memcmp(word, begin, length)) continue;
        if (!completion->n) {
            completion->common = word;
            completion->length = other;
        }
        size_t same = length;
        const size_t most = other < completion->length ? other : completion->length;
        while (same < most && word[same] == completion->common[same]) same++;
        completion->length = same;
        if (completion->n < W2B_COMPLETIONS) completion->rows[completion->n] = row;
        completion->n++;
    }
    /* The byte after the common ones, where there is one, begins a character
     * of the word or is the zero at its end. */
    while (completion->n > 1 && completion->length > length &&
           in_character(completion->common[completion->length])) {
        completion->length--;
    }
}

#ifdef W2B_EDIT

#include <histedit.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HISTORY_LINES 1000

struct w2b_prompt {
    const w2b_model *model;
    const char *form;
    EditLine *edit;
    History *history;
};

static char *prompt_text(EditLine *edit)
{
    static char text[] = "w2b> ";
    (void)edit;
    return text;
}

/* Below the line, and the line again after that. */
static void show_words(const w2b_prompt *prompt, const w2b_completion *completion)
{
    putchar('\n');
    for (size_t i = 0; i < completion->n && i < W2B_COMPLETIONS; i++) {
        size_t length = 0;
        const char *word = w2b_model_word(prompt->model, completion->rows[i], &length);
        w2b_talk_word(word ? word : "", length);
        putchar(' ');
    }
    if (completion->n > W2B_COMPLETIONS) {
        printf("... %llu more", (unsigned long long)(completion->n - W2B_COMPLETIONS));
    }
    putchar('\n');
    w2b_talk_flush();
}

static unsigned char complete(EditLine *edit, int key)
{
    (void)key;
    w2b_prompt *prompt;
    if (el_get(edit, EL_CLIENTDATA, &prompt)) return CC_ERROR;
    const LineInfo *line = el_line(edit);
    const char *begin = line->cursor;
    while (begin > line->buffer && begin[-1] != ' ' && begin[-1] != '\t' && begin[-1] != '*') {
        begin--;
    }
    const size_t length = (size_t)(line->cursor - begin);
    w2b_completion found;
    w2b_prompt_complete(prompt->model, begin, length, &found);
    if (!found.n) return CC_REFRESH_BEEP;
    if (found.n > 1 && found.length == length) {
        show_words(prompt, &found);
        return CC_REDISPLAY;
    }
    const size_t rest = found.length - length;
    char *text = malloc(rest + 2);
    if (!text) return CC_ERROR;
    memcpy(text, found.common + length, rest);
    memcpy(text + rest, found.n == 1 ? " " : "", found.n == 1 ? 2 : 1);
    const int bad = el_insertstr(edit, text);
    free(text);
    return bad ? CC_REFRESH_BEEP : CC_REFRESH;
}

/* libedit decodes what is typed by the locale; words of other scripts need one
 * of UTF-8. Nothing else here depends on it. */
static void choose_characters(void)
{
    if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8");
}

w2b_prompt *w2b_prompt_open(const w2b_model *model, const char *form)
{
    w2b_prompt *prompt = calloc(1, sizeof *prompt);
    if (!prompt) return NULL;
    choose_characters();
    prompt->model = model;
    prompt->form = form;
    prompt->edit = el_init("w2b", stdin, stdout, stderr);
    prompt->history = history_init();
    if (!prompt->edit || !prompt->history) {
        w2b_prompt_close(prompt);
        return NULL;
    }
    HistEvent event;
    history(prompt->history, &event, H_SETSIZE, HISTORY_LINES);
    history(prompt->history, &event, H_SETUNIQUE, 1);
    el_set(prompt->edit, EL_CLIENTDATA, prompt);
    el_set(prompt->edit, EL_PROMPT, prompt_text);
    el_set(prompt->edit, EL_EDITOR, "emacs");
    el_set(prompt->edit, EL_SIGNAL, 1);
    el_set(prompt->edit, EL_HIST, history, prompt->history);
    el_set(prompt->edit, EL_ADDFN, "w2b-complete", "complete a word", complete);
    el_set(prompt->edit, EL_BIND, "\t", "w2b-complete", NULL);
    el_set(prompt->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    return prompt;
}

void w2b_prompt_close(w2b_prompt *prompt)
{
    if (!prompt) return;
    if (prompt->history) history_end(prompt->history);
    if (prompt->edit) el_end(prompt->edit);
    free(prompt);
}

static void print_help(const w2b_prompt *prompt)
{
    printf("A question is %s.\n"
           "  Tab          completes the word, or shows the most frequent that fit\n"
           "  Up, Down     bring back earlier questions; Ctrl-R searches them\n"
           "  Ctrl-A, -E   go to the begin or the end of the line\n"
           "  ?            this help\n"
           "  Ctrl-D       ends\n",
           prompt->form);
    w2b_talk_flush();
}

int w2b_prompt_line(w2b_prompt *prompt, const char **line, size_t *length)
{
    for (;;) {
        int n = 0;
        const char *typed = el_gets(prompt->edit, &n);
        if (!typed || n <= 0) {
            putchar('\n');
            return 0;
        }
        size_t end = (size_t)n;
        /* Blanks at the end are from completion. */
        while (end && strchr("\n\r ", typed[end - 1])) end--;
        if (!end) continue;
        HistEvent event;
        history(prompt->history, &event, H_ENTER, typed);
        if (end == 1 && typed[0] == '?') {
            print_help(prompt);
            continue;
        }
        *line = typed;
        *length = end;
        return 1;
    }
}

#else

/* Without libedit lines are read as from any other input. */
w2b_prompt *w2b_prompt_open(const w2b_model *model, const char *form)
{
    (void)model;
    (void)form;
    return NULL;
}

void w2b_prompt_close(w2b_prompt *prompt)
{
    (void)prompt;
}

int w2b_prompt_line(w2b_prompt *prompt, const char **line, size_t *length)
{
    (void)prompt;
    (void)line;
    (void)length;
    return 0;
}

#endif

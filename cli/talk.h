/*
 * talk.h - what the command says to people: messages, progress, figures.
 *
 * All of it goes to standard error, but for w2b_talk_word and w2b_talk_close.
 * Bytes that a terminal would take for commands never reach one: messages are
 * always escaped, words on standard output only if that is a terminal.
 */
#ifndef W2B_CLI_TALK_H
#define W2B_CLI_TALK_H

#include <stdio.h>

#include "word2bits/w2b.h"

/* Makes sure that descriptors 0 to 2 are open, so that no file of ours can
 * become one of them, and that a broken pipe is an error of write() rather
 * than a death. Called once, first. */
void w2b_talk_start(void);

/* From now on a mapped file that is cut off ends the command with a message. */
void w2b_talk_bus(void);

/* "w2b: MESSAGE". */
void w2b_talk_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "MESSAGE": for summaries and notes. */
void w2b_talk_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "w2b: glove.txt:1204: expected 300 numbers, found 299". Returns the exit
 * code that fits. Says nothing, and returns W2B_EXIT_DONE, if the reader of
 * our output has gone; dies of the signal if one was caught, unless what was
 * done is in a checkpoint. */
int w2b_talk_diag(const w2b_diag *diag);

/* "w2b: out of memory", W2B_EXIT_FAILED. */
int w2b_talk_memory(void);

/* Bytes with everything escaped that is not harmless: \x1b for control bytes
 * and bytes that are not UTF-8. From malloc; NULL if memory is short. */
char *w2b_talk_escape(const char *bytes, size_t length);

/* A part of the answers is missing because memory was short: there is a message
 * at the end, and the exit code is W2B_EXIT_FAILED. */
void w2b_talk_lost(void);

/* A word to standard output: raw, or escaped if it is a terminal. */
void w2b_talk_word(const char *bytes, size_t length);

/* Flushes standard output. 0, or -1 if that failed, now or before. */
int w2b_talk_flush(void);

/* Flushes and closes standard output. Returns `code`, or W2B_EXIT_FAILED with
 * a message if the output did not arrive; a reader that went away is fine. */
int w2b_talk_close(int code);

/* ----- Progress ----------------------------------------------------------- */

typedef struct w2b_watch {
    int show;          /* standard error is a terminal, and talk is wanted */
    uint32_t epochs;   /* of the training, or 0 */
} w2b_watch;

/* For a command that only reads: signals kill it as ever. */
w2b_watch w2b_talk_watch(int quiet);

/* For a command that writes a file: from now on SIGINT, SIGTERM and SIGHUP
 * cancel the work at the next report of progress, so that it can tidy up; a
 * second one kills. */
w2b_watch w2b_talk_guard(int quiet);

/* A w2b_progress_fn; `user` is the w2b_watch. */
int w2b_talk_progress(const w2b_progress *progress, void *user);

/* ----- Figures ------------------------------------------------------------ */

/* Notes on what was read, and what was left out of it. */
void w2b_talk_corpus(const w2b_corpus_report *report);

/* "512 B", "1.2 KiB", "85.5 MiB". */
const char *w2b_talk_size(double bytes, char text[32]);

/* The fewest digits that read back as the same number. */
const char *w2b_talk_float(float number, char text[32]);

/* "71,249". */
const char *w2b_talk_number(uint64_t number, char text[32]);

/* "950", "1.52M": three digits. */
const char *w2b_talk_rate(double rate, char text[32]);

/* "0.8 s", "1 min 05 s", "2 h 10 min". */
const char *w2b_talk_time(double seconds, char text[32]);

#endif

/*
 * talk.c - messages, progress, figures for people.
 */
#include "cli/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/opt.h"

/* The signal that came in, for the progress callback to see. */
static volatile sig_atomic_t caught;

/* What standard output failed with, if that is known. */
static int output_error;

/* Answers are incomplete. */
static int lost;

/* A progress line stands on the terminal and has to be wiped first. */
static int line_shown;

/* ===== Escaping =========================================================== */

/* Bytes of the UTF-8 character at `s` that may be shown, or 0: not UTF-8, or
 * a control character. */
static size_t harmless(const unsigned char *s, size_t left)
{
    if (s[0] < 0x80) return s[0] >= 0x20 && s[0] != 0x7f;
    size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || n > left) return 0;
    uint32_t c = s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return 0;
    /* C1 controls; marks that turn the direction of text around. */
    if (c < 0xa0 || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069)) return 0;
    return n;
}

char *w2b_talk_escape(const char *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    if (length > (SIZE_MAX - 1) / 4) return NULL;
    char *text = malloc(length * 4 + 1), *to = text;
    if (!text) return NULL;
    const unsigned char *s = (const unsigned char *)bytes;
    for (size_t i = 0; i < length;) {
        size_t n = harmless(s + i, length - i);
        if (n) {
            memcpy(to, s + i, n);
            to += n;
            i += n;
        } else {
            *to++ = '\\';
            *to++ = 'x';
            *to++ = digits[s[i] >> 4];
            *to++ = digits[s[i] & 15];
            i++;
        }
    }
    *to = '\0';
    return text;
}

void w2b_talk_word(const char *bytes, size_t length)
{
    static int terminal = -1;
    if (terminal < 0) terminal = isatty(STDOUT_FILENO);
    if (!terminal) {
        fwrite(bytes, 1, length, stdout);
        return;
    }
    char *text = w2b_talk_escape(bytes, length);
    if (text) fputs(text, stdout);
    else w2b_talk_lost();
    free(text);
}

void w2b_talk_lost(void)
{
    lost = 1;
}

/* ===== Messages =========================================================== */

static void wipe_line(void)
{
    if (line_shown) fputs("\r\033[K", stderr);
    line_shown = 0;
}

/* What is said where memory is short, too: in room of its own, cut if it is
 * long, other bytes than printable ASCII as '?'. */
static void say_shortly(const char *prefix, const char *format, va_list list)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, list);
    for (char *at = text; *at; at++) {
        if (*at < 0x20 || *at > 0x7e) *at = '?';
    }
    wipe_line();
    fprintf(stderr, "%s%s\n", prefix, text);
}

static void say(const char *prefix, const char *format, va_list list)
{
    char *message = NULL, *text = NULL;
    va_list again;
    va_copy(again, list);
    if (vasprintf(&message, format, list) < 0) message = NULL;
    if (message) text = w2b_talk_escape(message, strlen(message));
    if (text) {
        wipe_line();
        fprintf(stderr, "%s%s\n", prefix, text);
    } else {
        say_shortly(prefix, format, again);
    }
    va_end(again);
    free(text);
    free(message);
}

void w2b_talk_error(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say("w2b: ", format, list);
    va_end(list);
}

void w2b_talk_note(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say("", format, list);
    va_end(list);
}

int w2b_talk_memory(void)
{
    w2b_talk_error("out of memory");
    return W2B_EXIT_FAILED;
}

int w2b_talk_diag(const w2b_diag *diag)
{
    wipe_line();
    if (diag->code == W2B_ERR_CANCELLED && caught && diag->path[0]) {
        w2b_talk_note("stopped; --resume goes on from %s", diag->path);
        return W2B_EXIT_STOPPED;
    }
    if (diag->code == W2B_ERR_CANCELLED && caught) {
        signal(caught, SIG_DFL);
        raise(caught);
    }
    if (diag->code == W2B_ERR_IO && diag->sys_errno == EPIPE) return W2B_EXIT_DONE;
    char place[64] = "";
    if (diag->line != W2B_NOWHERE) {
        snprintf(place, sizeof place, "%s%llu", diag->path[0] ? ":" : "line ",
                 (unsigned long long)diag->line);
    } else if (diag->offset != W2B_NOWHERE) {
        snprintf(place, sizeof place, "%soffset %llu", diag->path[0] ? ": " : "",
                 (unsigned long long)diag->offset);
    }
    const char *text = diag->text[0] ? diag->text : w2b_err_name(diag->code);
    w2b_talk_error("%s%s%s%s", diag->path, place, diag->path[0] || place[0] ? ": " : "", text);
    if (diag->code == W2B_ERR_ARGUMENT) return W2B_EXIT_USAGE;
    if (diag->code == W2B_ERR_WORD) return W2B_EXIT_UNKNOWN;
    return W2B_EXIT_FAILED;
}

/* ===== Beginning and end ================================================== */

void w2b_talk_start(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        /* Opened the wrong way round: a use of it is an error still. */
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
            int opened = open("/dev/null", fd ? O_RDONLY : O_WRONLY);
            if (opened >= 0 && opened != fd) close(opened);
        }
    }
    signal(SIGPIPE, SIG_IGN);
    w2b_talk_bus();
}

/* stdio may have lost the errno of a write that failed a while ago; the pipe
 * itself still knows. */
static int reader_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

int w2b_talk_flush(void)
{
    errno = 0;
    if (!fflush(stdout) && !ferror(stdout)) return 0;
    if (errno) output_error = errno;
    return -1;
}

int w2b_talk_close(int code)
{
    wipe_line();
    if (lost && code == W2B_EXIT_DONE) code = w2b_talk_memory();
    int broken = w2b_talk_flush() != 0;
    int error = output_error;
    if (broken && (error == EPIPE || reader_gone())) return code;
    if (fclose(stdout) && !broken) {
        /* A stream that was closed from the start, and not written to. */
        if (errno == EBADF) return code;
        broken = 1;
        error = errno;
    }
    if (!broken) return code;
    w2b_talk_error("standard output: cannot write%s%s", error ? ": " : "",
                   error ? strerror(error) : "");
    return W2B_EXIT_FAILED;
}

/* ===== Progress =========================================================== */

static void note_signal(int number)
{
    caught = number;
}

w2b_watch w2b_talk_watch(int quiet)
{
    return (w2b_watch){.show = !quiet && isatty(STDERR_FILENO)};
}

w2b_watch w2b_talk_guard(int quiet)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction old;
        /* What nohup or the shell told us to ignore stays ignored. */
        if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN) {
            sigaction(signals[i], &action, NULL);
        }
    }
    return w2b_talk_watch(quiet);
}

static size_t terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col) return 80;
    return size.ws_col;
}

__attribute__((format(printf, 2, 3)))
static void add(char text[256], const char *format, ...)
{
    size_t used = strlen(text);
    va_list list;
    va_start(list, format);
    vsnprintf(text + used, 256 - used, format, list);
    va_end(list);
}

static void add_work(char text[256], const w2b_progress *p)
{
    char number[32];
    int bytes = !strcmp(p->unit, "bytes");
    double speed = p->seconds > 0.2 ? (double)(p->done - p->before) / p->seconds : 0;
    if (p->total) {
        double share = (double)p->done / (double)p->total;
        add(text, "  %3.0f%%", 100 * (share < 1 ? share : 1));
    } else if (bytes) {
        add(text, "  %s", w2b_talk_size((double)p->done, number));
    } else {
        add(text, "  %s %s", w2b_talk_number(p->done, number), p->unit);
    }
    if (speed > 0 && bytes) add(text, "  %s/s", w2b_talk_size(speed, number));
    else if (speed > 0) add(text, "  %s %s/s", w2b_talk_rate(speed, number), p->unit);
}

int w2b_talk_progress(const w2b_progress *p, void *user)
{
    static const char *const stages[] = {"counting", "training", "quantizing",
                                         "reading", "writing", "evaluating",
                                         "mapping"};
    const w2b_watch *watch = user;
    /* Work that is done at once needs no line. */
    if (!watch->show || (p->seconds < 0.5 && !line_shown)) return caught != 0;
    char text[256] = "", number[32];
    size_t stage = (size_t)p->stage;
    add(text, "%s", stage < sizeof stages / sizeof *stages ? stages[stage] : "working");
    if (p->epoch && watch->epochs) add(text, "  epoch %u/%u", p->epoch, watch->epochs);
    add_work(text, p);
    if (p->loss > 0) add(text, "  loss %.4f", p->loss);
    if (p->rate > 0) add(text, "  rate %.4f", p->rate);
    if (p->total > p->done && p->done > p->before && p->seconds >= 1) {
        double left = p->seconds * (double)(p->total - p->done) / (double)(p->done - p->before);
        add(text, "  %s left", w2b_talk_time(left, number));
    }
    size_t width = terminal_width();
    if (width < sizeof text) text[width - 1] = '\0';
    fprintf(stderr, "\r%s\033[K", text);
    fflush(stderr);
    line_shown = 1;
    return caught != 0;
}

/* ===== Figures ============================================================ */

const char *w2b_talk_size(double bytes, char text[32])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    while (bytes >= 1023.95 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, 32, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
    return text;
}

const char *w2b_talk_float(float number, char text[32])
{
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, 32, "%.*g", digits, (double)number);
        if (strtof(text, NULL) == number) break;
    }
    return text;
}

const char *w2b_talk_number(uint64_t number, char text[32])
{
    char digits[24];
    size_t n = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    char *to = text;
    for (size_t i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

const char *w2b_talk_rate(double rate, char text[32])
{
    static const char *const units[] = {"", "K", "M", "G"};
    size_t unit = 0;
    while (rate >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        rate /= 1000;
        unit++;
    }
    int decimals = rate < 9.995 ? 2 : rate < 99.95 ? 1 : 0;
    snprintf(text, 32, "%.*f%s", decimals, rate, units[unit]);
    return text;
}

const char *w2b_talk_time(double seconds, char text[32])
{
    if (seconds < 9.95) {
        snprintf(text, 32, "%.1f s", seconds);
    } else if (seconds < 59.5) {
        snprintf(text, 32, "%.0f s", seconds);
    } else if (seconds < 3570) {
        unsigned s = (unsigned)(seconds + 0.5);
        snprintf(text, 32, "%u min %02u s", s / 60, s % 60);
    } else {
        double minutes = seconds / 60 + 0.5 < 1e9 ? seconds / 60 + 0.5 : 1e9;
        snprintf(text, 32, "%u h %02u min", (unsigned)minutes / 60, (unsigned)minutes % 60);
    }
    return text;
}

void w2b_talk_corpus(const w2b_corpus_report *report)
{
    char tokens[32], words[32], time[32], number[32];
    w2b_talk_note("read %s words of text in %s; %s different ones are in the vocabulary",
                  w2b_talk_number(report->tokens, tokens), w2b_talk_time(report->seconds, time),
                  w2b_talk_number(report->words, words));
    if (report->long_words) {
        w2b_talk_note("skipped %s over-long words (--max-word)",
                      w2b_talk_number(report->long_words, number));
    }
    if (report->pruned) {
        w2b_talk_note("dropped %s rare candidates while counting (--max-vocab)",
                      w2b_talk_number(report->pruned, number));
    }
}

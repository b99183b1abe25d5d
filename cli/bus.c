/*
 * bus.c - a file that is cut off while it is mapped.
 *
 * To touch what is no longer there is the signal SIGBUS. Nothing can go on from
 * there, least of all in one of several threads; but a message is more use
 * than a process that dies without a word. Output files have no name yet, or
 * are left as they are.
 */
#include "cli/talk.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/opt.h"

#define LINE 4608  /* of /proc/self/maps: a path of 4096 bytes and what precedes it */

/* Only what may be called from a signal is used from here on. */

static void say(const char *text, size_t n)
{
    if (write(STDERR_FILENO, text, n) < 0) _exit(W2B_EXIT_FAILED);
}

/* A hexadecimal number, and what comes behind it. */
static const char *hexadecimal(const char *at, uintptr_t *x)
{
    for (*x = 0;; at++) {
        if (*at >= '0' && *at <= '9') *x = *x << 4 | (uintptr_t)(*at - '0');
        else if (*at >= 'a' && *at <= 'f') *x = *x << 4 | (uintptr_t)(*at - 'a' + 10);
        else return at;
    }
}

/* Prints the path if the line is that of the mapping around `address`. */
static int name_mapping(char *line, uintptr_t address)
{
    uintptr_t begin, end;
    const char *at = hexadecimal(line, &begin);
    if (*at != '-') return 0;
    hexadecimal(at + 1, &end);
    char *path = strchr(line, '/');
    if (address < begin || address >= end || !path) return 0;
    for (char *byte = path; *byte; byte++) {
        if (*byte < 0x20 || *byte > 0x7e) *byte = '?';
    }
    say(path, strlen(path));
    say(": ", 2);
    return 1;
}

/* Says which file is mapped there, if the system tells. */
static void name_file(uintptr_t address)
{
    static char line[LINE];
    size_t used = 0;
    char byte;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && read(fd, &byte, 1) == 1) {
        if (byte != '\n') {
            if (used < sizeof line - 1) line[used++] = byte;
            continue;
        }
        line[used] = '\0';
        if (name_mapping(line, address)) return;
        used = 0;
    }
}

static void cut_off(int number, siginfo_t *info, void *context)
{
    static const char text[] = "the file was cut, or could not be read, while it was in use\n";
    static volatile sig_atomic_t told;
    (void)number;
    (void)context;
    if (told) _exit(W2B_EXIT_FAILED);
    told = 1;
    say("w2b: ", 5);
    name_file((uintptr_t)info->si_addr);
    say(text, sizeof text - 1);
    _exit(W2B_EXIT_FAILED);
}

void w2b_talk_bus(void)
{
    struct sigaction action = {.sa_sigaction = cut_off, .sa_flags = (int)SA_SIGINFO};
    sigaction(SIGBUS, &action, NULL);
}

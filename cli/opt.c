/*
 * opt.c - the parser of the command line.
 *
 * getopt_long would do half of this. It has no ranges, no units, no near
 * spellings, and its messages name no alternatives; with a table at hand the
 * parser itself is the smaller half.
 */
#include "cli/opt.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 63

/* ===== Numbers ============================================================ */

static int multiply(uint64_t *value, uint64_t factor)
{
    return __builtin_mul_overflow(*value, factor, value) ? -2 : 0;
}

/* The unit at `s`: a power of ten, or a factor of 1024s. -1 if it is none. */
static int read_unit(const char *s, int *tens, unsigned *doublings)
{
    static const char letters[] = "KMGT";
    if (*s == ' ') s++;
    const char *found = *s ? strchr(letters, toupper((unsigned char)*s)) : NULL;
    if (found) {
        int power = (int)(found - letters) + 1;
        s++;
        if (*s == 'i') {
            *doublings = 10 * (unsigned)power;
            s++;
        } else {
            *tens += 3 * power;
        }
    }
    if (*s == 'B') s++;
    return *s ? -1 : 0;
}

/* Digits with a point among them, as an integer and a power of ten. */
static int read_digits(const char **text, uint64_t *value, int *tens)
{
    const char *s = *text;
    int digits = 0, after_point = 0;
    *value = 0;
    *tens = 0;
    for (;; s++) {
        if (*s == '.' && !after_point) {
            after_point = 1;
        } else if (isdigit((unsigned char)*s)) {
            digits++;
            if (multiply(value, 10) ||
                __builtin_add_overflow(*value, (uint64_t)(*s - '0'), value)) return -2;
            *tens -= after_point;
        } else {
            break;
        }
    }
    *text = s;
    return digits ? 0 : -1;
}

int w2b_opt_number(const char *text, uint64_t *number)
{
    uint64_t value;
    int tens;
    unsigned doublings = 0;
    int status = read_digits(&text, &value, &tens);
    if (status) return status;
    if (*text == 'e' || *text == 'E') {
        char *end;
        if (!isdigit((unsigned char)text[text[1] == '+' || text[1] == '-' ? 2 : 1])) return -1;
        errno = 0;
        long exponent = strtol(text + 1, &end, 10);
        if (exponent < -1000) return -1;
        if (errno || exponent > 1000) return value ? -2 : -1;
        tens += (int)exponent;
        text = end;
    }
    if (read_unit(text, &tens, &doublings)) return -1;
    if (doublings && multiply(&value, UINT64_C(1) << doublings)) return -2;
    for (; tens > 0 && value; tens--) {
        if (multiply(&value, 10)) return -2;
    }
    for (; tens < 0; tens++) {
        if (value % 10) return -1;
        value /= 10;
    }
    *number = value;
    return 0;
}

int w2b_opt_real(const char *text, double *number)
{
    /* strtod also takes hexadecimal digits, "inf" and leading space. */
    if (!*text || strspn(text, "0123456789+-.eE") != strlen(text)) return -1;
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (*end || (errno == ERANGE && fabs(value) > 1) || !isfinite(value)) return -1;
    *number = value;
    return 0;
}

/* ===== Tables ============================================================= */

size_t w2b_opt_total(const w2b_command *command)
{
    size_t n = 0;
    while (command->options[n].name) n++;
    return n;
}

void *w2b_opt_defaults(const w2b_command *command)
{
    void *args = calloc(1, command->args_size ? command->args_size : 1);
    if (args && command->defaults) command->defaults(args);
    return args;
}

int w2b_opt_given(const w2b_parsed *parsed, const char *name)
{
    const w2b_opt *options = parsed->command->options;
    for (size_t i = 0; options[i].name; i++) {
        if (!strcmp(options[i].name, name)) return (int)(parsed->given >> i & 1);
    }
    return 0;
}

__attribute__((format(printf, 4, 5)))
static size_t append(char *text, size_t room, size_t used, const char *format, ...)
{
    if (used >= room) return used;
    va_list list;
    va_start(list, format);
    int n = vsnprintf(text + used, room - used, format, list);
    va_end(list);
    return n < 0 ? used : used + (size_t)n;
}

void w2b_opt_range(const w2b_opt *option, char *text, size_t room)
{
    size_t used = 0;
    text[0] = '\0';
    if (option->kind == W2B_OPT_REAL) {
        append(text, room, 0, "%g to %g", option->real_low, option->real_high);
    } else if (option->kind == W2B_OPT_CHOICE) {
        for (size_t i = 0; option->choices[i]; i++) {
            const char *between = !i ? "" : option->choices[i + 1] ? ", " : " or ";
            used = append(text, room, used, "%s%s", between, option->choices[i]);
        }
    } else if (option->kind == W2B_OPT_COUNT) {
        if (option->high == INT64_MAX) {
            used = append(text, room, 0, "%llu to 2^63 - 1", (unsigned long long)option->low);
        } else if (option->high) {
            used = append(text, room, 0, "%llu to %llu", (unsigned long long)option->low,
                          (unsigned long long)option->high);
        } else {
            used = append(text, room, 0, "%llu or more", (unsigned long long)option->low);
        }
        for (size_t i = 0; option->also && option->also[i]; i++) {
            used = append(text, room, used, "%s%u", option->also[i + 1] ? ", " : " or ",
                          option->also[i]);
        }
    }
}

static uint64_t load_count(const w2b_opt *option, const void *args)
{
    const char *at = (const char *)args + option->offset;
    if (option->size == sizeof(uint64_t)) {
        uint64_t value;
        memcpy(&value, at, sizeof value);
        return value;
    }
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* 8589934592 reads better as 8GiB, and 30000000 as 30M. */
static void show_count(uint64_t value, char *text, size_t room)
{
    static const char *const units[] = {"GiB", "MiB", "G", "M"};
    static const uint64_t factors[] = {UINT64_C(1) << 30, UINT64_C(1) << 20, 1000000000, 1000000};
    for (size_t i = 0; value && i < sizeof factors / sizeof *factors; i++) {
        if (value % factors[i] == 0) {
            snprintf(text, room, "%llu%s", (unsigned long long)(value / factors[i]), units[i]);
            return;
        }
    }
    snprintf(text, room, "%llu", (unsigned long long)value);
}

void w2b_opt_show(const w2b_opt *option, const void *args, char *text, size_t room)
{
    const char *at = (const char *)args + option->offset;
    const char *string = NULL;
    double real;
    int choice;
    text[0] = '\0';
    switch (option->kind) {
    case W2B_OPT_SWITCH:
        return;
    case W2B_OPT_COUNT: {
        uint64_t value = load_count(option, args);
        if (!value && option->zero) snprintf(text, room, "%s", option->zero);
        else show_count(value, text, room);
        return;
    }
    case W2B_OPT_REAL:
        memcpy(&real, at, sizeof real);
        if (real == 0 && option->zero) snprintf(text, room, "%s", option->zero);
        else snprintf(text, room, "%g", real);
        return;
    case W2B_OPT_TEXT:
        memcpy(&string, at, sizeof string);
        if (string || option->zero) snprintf(text, room, "%s", string ? string : option->zero);
        return;
    case W2B_OPT_CHOICE:
        memcpy(&choice, at, sizeof choice);
        snprintf(text, room, "%s", option->choices[choice]);
        return;
    }
}

/* ===== Near spellings ===================================================== */

/* Optimal string alignment: three rows of the table are enough. */
size_t w2b_opt_distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    if (la > NAME_MAX_BYTES || lb > NAME_MAX_BYTES) return SIZE_MAX;
    size_t rows[3][NAME_MAX_BYTES + 1];
    for (size_t j = 0; j <= lb; j++) rows[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *now = rows[i % 3];
        const size_t *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best) best = last[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best) best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return rows[la % 3][lb];
}

/* ===== Parsing ============================================================ */

typedef struct parser {
    const w2b_command *command;
    w2b_parsed *out;
    int argc;
    char *const *argv;
    int next;   /* of argv */
} parser;

__attribute__((format(printf, 2, 3)))
static w2b_parse bad(parser *p, const char *format, ...)
{
    char *why = p->out->why;
    size_t room = sizeof p->out->why;
    int used = snprintf(why, room, "%s: ", p->command->name);
    va_list list;
    va_start(list, format);
    vsnprintf(why + used, room - (size_t)used, format, list);
    va_end(list);
    return W2B_PARSE_BAD;
}

/* How the user would recognise the option. */
static void call_it(const w2b_opt *option, char name[NAME_MAX_BYTES + 8])
{
    snprintf(name, NAME_MAX_BYTES + 8, "--%s", option->name);
}

static w2b_parse store_number(parser *p, const w2b_opt *option, const char *name,
                              const char *text, char *at)
{
    char range[128];
    w2b_opt_range(option, range, sizeof range);
    if (option->kind == W2B_OPT_REAL) {
        double value;
        if (w2b_opt_real(text, &value)) {
            return bad(p, "%s must be a number, %s, not \"%s\"", name, range, text);
        }
        if (!(value >= option->real_low && value <= option->real_high)) {
            return bad(p, "%s must be %s, not %s", name, range, text);
        }
        memcpy(at, &value, sizeof value);
        return W2B_PARSE_RUN;
    }
    uint64_t value = UINT64_MAX;
    int status = w2b_opt_number(text, &value);
    if (status == -1) {
        return bad(p, "%s must be a whole number, %s, not \"%s\"", name, range, text);
    }
    int fits = status == 0 && value >= option->low && (!option->high || value <= option->high);
    for (size_t i = 0; status == 0 && option->also && option->also[i]; i++) {
        fits |= value == option->also[i];
    }
    if (option->size == sizeof(uint32_t) && value > UINT32_MAX) fits = 0;
    if (!fits) return bad(p, "%s must be %s, not %s", name, range, text);
    if (option->size == sizeof(uint32_t)) {
        uint32_t narrow = (uint32_t)value;
        memcpy(at, &narrow, sizeof narrow);
    } else {
        memcpy(at, &value, sizeof value);
    }
    return W2B_PARSE_RUN;
}

static w2b_parse store(parser *p, const w2b_opt *option, const char *text)
{
    char name[NAME_MAX_BYTES + 8];
    call_it(option, name);
    char *at = (char *)p->out->args + option->offset;
    p->out->given |= UINT64_C(1) << (option - p->command->options);
    if (option->kind == W2B_OPT_TEXT) {
        if (!*text) return bad(p, "%s needs a value that is not empty", name);
        memcpy(at, &text, sizeof text);
        return W2B_PARSE_RUN;
    }
    if (option->kind != W2B_OPT_CHOICE) return store_number(p, option, name, text, at);
    for (int i = 0; option->choices[i]; i++) {
        if (!strcmp(option->choices[i], text)) {
            memcpy(at, &i, sizeof i);
            return W2B_PARSE_RUN;
        }
    }
    char range[128];
    w2b_opt_range(option, range, sizeof range);
    return bad(p, "%s must be %s, not \"%s\"", name, range, text);
}

static w2b_parse set_switch(parser *p, const w2b_opt *option, int value)
{
    memcpy((char *)p->out->args + option->offset, &value, sizeof value);
    p->out->given |= UINT64_C(1) << (option - p->command->options);
    return W2B_PARSE_RUN;
}

/* The value of an option: `rest` if there is one, else the next argument. */
static w2b_parse take_value(parser *p, const w2b_opt *option, const char *rest)
{
    if (!rest && p->next == p->argc) {
        return bad(p, "--%s needs a value: --%s %s", option->name, option->name, option->value);
    }
    return store(p, option, rest ? rest : p->argv[p->next++]);
}

static w2b_parse unknown_option(parser *p, const char *name)
{
    const char *near = NULL;
    size_t least = strlen(name) / 3 + 2;
    for (const w2b_opt *o = p->command->options; o->name; o++) {
        size_t distance = w2b_opt_distance(name, o->name);
        if (distance < least) {
            least = distance;
            near = o->name;
        }
    }
    if (near) return bad(p, "unknown option --%s; did you mean --%s?", name, near);
    return bad(p, "unknown option --%s; \"w2b %s -h\" lists them", name, p->command->name);
}

typedef struct match {
    const w2b_opt *option; /* NULL with found > 0: help */
    int off;               /* --no-name */
    int found;             /* how many there are; exact ones count alone */
    char names[160];
} match;

static void match_name(match *m, const w2b_opt *option, const char *full, int off,
                       const char *name, size_t length)
{
    if (strncmp(full, name, length) || (m->found && m->names[0] == '\0')) return;
    if (!full[length]) {
        /* Exact: whatever it is the beginning of does not matter. */
        *m = (match){.option = option, .off = off, .found = 1};
        return;
    }
    size_t used = strlen(m->names);
    snprintf(m->names + used, sizeof m->names - used, "%s--%s", used ? ", " : "", full);
    m->option = option;
    m->off = off;
    m->found++;
}

static match find_long(const w2b_command *command, const char *name, size_t length)
{
    match m = {0};
    for (const w2b_opt *o = command->options; o->name; o++) {
        match_name(&m, o, o->name, 0, name, length);
        if (o->kind == W2B_OPT_SWITCH && length >= 3 && !strncmp(name, "no-", 3)) {
            char full[NAME_MAX_BYTES + 4];
            snprintf(full, sizeof full, "no-%s", o->name);
            match_name(&m, o, full, 1, name, length);
        }
    }
    match_name(&m, NULL, "help", 0, name, length);
    return m;
}

/* --name, --name=value, --name value, --no-name, or the beginning of a name. */
static w2b_parse parse_long(parser *p, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : strlen(text);
    char name[NAME_MAX_BYTES + 1];
    snprintf(name, sizeof name, "%.*s", length > NAME_MAX_BYTES ? NAME_MAX_BYTES : (int)length,
             text);
    if (length > NAME_MAX_BYTES) return unknown_option(p, name);
    match m = length ? find_long(p->command, text, length) : (match){0};
    if (!m.found) return unknown_option(p, name);
    if (m.found > 1) return bad(p, "--%s could be %s", name, m.names);
    if (!m.option) return equals ? bad(p, "--help takes no value") : W2B_PARSE_LONG_HELP;
    if (m.option->kind == W2B_OPT_SWITCH) {
        if (equals) return bad(p, "--%s takes no value", m.option->name);
        return set_switch(p, m.option, !m.off);
    }
    return take_value(p, m.option, equals ? equals + 1 : NULL);
}

/* -n value, -nvalue, and switches in one: -qf. */
static w2b_parse parse_short(parser *p, const char *letters)
{
    for (; *letters; letters++) {
        const w2b_opt *o = p->command->options;
        while (o->name && o->letter != *letters) o++;
        if (!o->name) {
            if (*letters == 'h') return W2B_PARSE_SHORT_HELP;
            char c = *letters;
            return bad(p, "unknown option -%c; \"w2b %s -h\" lists them",
                       isprint((unsigned char)c) ? c : '?', p->command->name);
        }
        if (o->kind != W2B_OPT_SWITCH) return take_value(p, o, letters[1] ? letters + 1 : NULL);
        set_switch(p, o, 1);
    }
    return W2B_PARSE_RUN;
}

static w2b_parse check_words(parser *p)
{
    const w2b_command *command = p->command;
    if (p->out->n_words < command->least) {
        return bad(p, "%s; usage: w2b %s %s", command->missing, command->name, command->usage);
    }
    if (command->most && p->out->n_words > command->most) {
        return bad(p, "unexpected argument \"%s\"; usage: w2b %s %s",
                   p->out->words[command->most], command->name, command->usage);
    }
    return W2B_PARSE_RUN;
}

w2b_parse w2b_opt_parse(const w2b_command *command, int argc, char *const *argv,
                        const char **words, w2b_parsed *parsed)
{
    *parsed = (w2b_parsed){.command = command, .words = words};
    parser p = {.command = command, .out = parsed, .argc = argc, .argv = argv};
    parsed->args = w2b_opt_defaults(command);
    if (!parsed->args) return W2B_PARSE_MEMORY;
    int options_end = 0;
    while (p.next < argc) {
        const char *text = argv[p.next++];
        w2b_parse result = W2B_PARSE_RUN;
        if (options_end || text[0] != '-' || !text[1]) words[parsed->n_words++] = text;
        else if (text[1] != '-') result = parse_short(&p, text + 1);
        else if (text[2]) result = parse_long(&p, text + 2);
        else options_end = 1;
        if (result != W2B_PARSE_RUN) return result;
    }
    return check_words(&p);
}

void w2b_opt_release(w2b_parsed *parsed)
{
    free(parsed->args);
    parsed->args = NULL;
}

/*
 * fault.c - a library to preload that lets the n-th system call or allocation
 * of a kind fail, and tells what was not given back in the end.
 *
 *   W2B_FAULT=KIND:N[+]:HOW   the N-th call of KIND (1, 2, ...) fails; with +
 *                             all that follow as well
 *   W2B_FAULT_REPORT=FILE     what happened is added to this file
 *
 * Kinds are those of the table below. HOW is the name of an error, or
 *
 *   short   a read or write that moves one byte only
 *   kill    the process dies of SIGKILL in front of the call
 *   term    SIGTERM arrives in front of the call
 *   none    nothing: for counting
 *
 * W2B_FAULT_NAMED=1 takes files without a name away (O_TMPFILE).
 *
 * Lines of the report: "fired PLACE", "calls N" of the kind, "leak BYTES PLACE",
 * "open N" file descriptors that were not closed; PLACE is an object and an
 * offset in it, as addr2line takes it.
 *
 * Only calls from the program and from the libraries in `tested` count. Others
 * are left alone, because a caller cannot help what they do where memory is
 * short: the OpenMP runtime and the loader end the process, the line editor
 * goes on with what it has not, and jansson ignores failures of its own buffers,
 * so that a text seems to be malformed, or loses bytes.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default"), noinline))
#define CALLER __builtin_return_address(0)

/* ----- Who calls ---------------------------------------------------------- */

static const char *const tested[] = {"libw2b", "libc.so", "libzstd", "liblzma",
                                     "libz.so", "libbz2", "libxxhash"};

#define OBJECTS_MAX 64

typedef struct object {
    uintptr_t begin, end, base;
    int counts; /* its calls may fail */
    int system; /* the libc: what it keeps for itself is no leak */
    char name[64];
} object;

static object objects[OBJECTS_MAX];
static size_t n_objects;

static int note_object(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    if (n_objects == OBJECTS_MAX)
        return 1;
    object *o = &objects[n_objects];
    const int program = n_objects == 0;
    const char *slash = strrchr(info->dlpi_name, '/');
    const char *name = program ? "program" : slash ? slash + 1 : info->dlpi_name;
    *o = (object){.begin = UINTPTR_MAX, .base = info->dlpi_addr, .counts = program};
    snprintf(o->name, sizeof o->name, "%s", name);
    for (size_t i = 0; i < sizeof tested / sizeof *tested; i++)
        o->counts |= strncmp(name, tested[i], strlen(tested[i])) == 0;
    o->system = strncmp(name, "libc.so", 7) == 0;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        const uintptr_t begin = info->dlpi_addr + p->p_vaddr;
        if (begin < o->begin)
            o->begin = begin;
        if (begin + p->p_memsz > o->end)
            o->end = begin + p->p_memsz;
    }
    n_objects++;
    return 0;
}

static const object *object_of(const void *caller)
{
    const uintptr_t at = (uintptr_t)caller;
    for (size_t i = 0; i < n_objects; i++)
        if (at >= objects[i].begin && at < objects[i].end)
            return &objects[i];
    return NULL;
}

/* ----- What was asked for ------------------------------------------------- */

typedef enum kind { ALLOC, MAP, OPEN, READ, WRITE, SYNC, NAME, STAT, CLOSE, RANDOM, N_KINDS } kind;

static const char *const kind_names[N_KINDS] = {"alloc", "map",  "open", "read",  "write",
                                                "sync",  "name", "stat", "close", "random"};

static const struct {
    const char *name;
    int error;
} errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EINTR", EINTR},   {"ENOMEM", ENOMEM},
              {"EACCES", EACCES}, {"EMFILE", EMFILE}, {"EDQUOT", EDQUOT}};

typedef enum how { NOTHING, ERROR, SHORT, KILL, TERM } how;

static int asked = -1; /* a kind */
static long asked_n;
static int asked_on;
static how asked_how;
static int asked_error;
static int named;
static int armed;
static atomic_long calls;
static const char *report_path;

static void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void report(const char *format, ...)
{
    char line[160];
    va_list list;
    if (!report_path)
        return;
    va_start(list, format);
    const int n = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    static int (*real_open)(const char *, int, ...);
    static ssize_t (*real_write)(int, const void *, size_t);
    static int (*real_close)(int);
    if (!real_open) {
        real_open = (int (*)(const char *, int, ...))(uintptr_t)dlsym(RTLD_NEXT, "open");
        real_write =
            (ssize_t (*)(int, const void *, size_t))(uintptr_t)dlsym(RTLD_NEXT, "write");
        real_close = (int (*)(int))(uintptr_t)dlsym(RTLD_NEXT, "close");
    }
    const int fd = real_open(report_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd >= 0) {
        if (real_write(fd, line, (size_t)n) != n)
            _exit(99);
        real_close(fd);
    }
}

static void report_place(const char *what, const void *caller)
{
    const object *o = object_of(caller);
    if (o)
        report("%s %s+0x%lx\n", what, o->name, (unsigned long)((uintptr_t)caller - 1 - o->base));
}

static void ask(const char *spec)
{
    char word[3][16] = {"", "", ""};
    if (sscanf(spec, "%15[^:]:%15[^:]:%15[^:]", word[0], word[1], word[2]) != 3)
        goto bad;
    for (int i = 0; i < N_KINDS; i++)
        if (strcmp(word[0], kind_names[i]) == 0)
            asked = i;
    char *end;
    asked_n = strtol(word[1], &end, 10);
    asked_on = *end == '+';
    if (strcmp(word[2], "short") == 0)
        asked_how = SHORT;
    else if (strcmp(word[2], "kill") == 0)
        asked_how = KILL;
    else if (strcmp(word[2], "term") == 0)
        asked_how = TERM;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strcmp(word[2], errors[i].name) == 0) {
            asked_how = ERROR;
            asked_error = errors[i].error;
        }
    if (asked >= 0 && (asked_how != NOTHING || strcmp(word[2], "none") == 0))
        return;
bad:
    fprintf(stderr, "fault: W2B_FAULT=\"%s\" is not understood\n", spec);
    _exit(99);
}

/* Whether this call of kind `k` is to fail; errno is then set. SHORT is for the
 * caller to do. */
static how strike(kind k, const void *caller)
{
    if (!armed || (int)k != asked)
        return NOTHING;
    const object *o = object_of(caller);
    if (!o || !o->counts)
        return NOTHING;
    const long n = atomic_fetch_add(&calls, 1) + 1;
    if (asked_how == NOTHING || n < asked_n || (n > asked_n && !asked_on))
        return NOTHING;
    if (n == asked_n)
        report_place("fired", caller);
    if (asked_how == KILL)
        kill(getpid(), SIGKILL);
    if (asked_how == TERM) {
        kill(getpid(), SIGTERM);
        return NOTHING;
    }
    if (asked_how == ERROR)
        errno = asked_error;
    return asked_how;
}

/* ----- What is given back ------------------------------------------------- */

/* Live allocations: a table with open addressing, behind a lock. */
#define LIVE_MAX ((size_t)1 << 18)

typedef struct live {
    void *at; /* NULL: free; GONE: was used */
    size_t size;
    const void *caller;
} live;

#define GONE ((void *)1)

static live lives[LIVE_MAX];
static atomic_flag lock = ATOMIC_FLAG_INIT;
static int files; /* open at the begin */

static live *look(void *p, int vacant)
{
    size_t i = ((uintptr_t)p >> 4) * UINT64_C(0x9e3779b97f4a7c15) % LIVE_MAX;
    for (size_t step = 0; step < LIVE_MAX; step++, i = (i + 1) % LIVE_MAX) {
        if (lives[i].at == p || (vacant && lives[i].at == GONE))
            return &lives[i];
        if (!lives[i].at)
            return vacant ? &lives[i] : NULL;
    }
    return NULL;
}

static void *born(void *p, size_t size, const void *caller)
{
    const object *o = p && armed ? object_of(caller) : NULL;
    if (!o || !o->counts || o->system)
        return p;
    while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) {
    }
    live *l = look(p, 1);
    if (l)
        *l = (live){p, size, caller};
    atomic_flag_clear_explicit(&lock, memory_order_release);
    return p;
}

static void dies(void *p)
{
    if (!p || !armed)
        return;
    while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) {
    }
    live *l = look(p, 0);
    if (l)
        l->at = GONE;
    atomic_flag_clear_explicit(&lock, memory_order_release);
}

/* Standard streams are not counted: the program closes some of them. */
static int open_files(void)
{
    int n = 0;
    for (int fd = 3; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* Before anything of the program runs, and after all of it. */
__attribute__((constructor)) static void begin(void)
{
    const char *spec = getenv("W2B_FAULT");
    report_path = getenv("W2B_FAULT_REPORT");
    named = getenv("W2B_FAULT_NAMED") != NULL;
    dl_iterate_phdr(note_object, NULL);
    if (spec)
        ask(spec);
    files = open_files();
    armed = 1;
}

__attribute__((destructor)) static void end(void)
{
    armed = 0;
    report("calls %ld\n", atomic_load(&calls));
    for (size_t i = 0; i < LIVE_MAX; i++) {
        char text[48];
        if (!lives[i].at || lives[i].at == GONE)
            continue;
        snprintf(text, sizeof text, "leak %zu", lives[i].size);
        report_place(text, lives[i].caller);
    }
    if (open_files() > files)
        report("open %d\n", open_files() - files);
}

/* ----- Memory ------------------------------------------------------------- */

/* Not dlsym: it allocates itself. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void __libc_free(void *p);

EXPORT void *malloc(size_t size)
{
    if (strike(ALLOC, CALLER) != NOTHING)
        return errno = ENOMEM, NULL;
    return born(__libc_malloc(size), size, CALLER);
}

EXPORT void *calloc(size_t count, size_t size)
{
    if (strike(ALLOC, CALLER) != NOTHING)
        return errno = ENOMEM, NULL;
    return born(__libc_calloc(count, size), count * size, CALLER);
}

EXPORT void *realloc(void *old, size_t size)
{
    if (strike(ALLOC, CALLER) != NOTHING)
        return errno = ENOMEM, NULL;
    dies(old);
    void *p = __libc_realloc(old, size);
    return born(p ? p : old, size, CALLER), p;
}

EXPORT void *aligned_alloc(size_t align, size_t size)
{
    if (strike(ALLOC, CALLER) != NOTHING)
        return errno = ENOMEM, NULL;
    return born(__libc_memalign(align, size), size, CALLER);
}

EXPORT int posix_memalign(void **p, size_t align, size_t size)
{
    if (strike(ALLOC, CALLER) != NOTHING)
        return ENOMEM;
    void *made = born(__libc_memalign(align, size), size, CALLER);
    if (!made)
        return ENOMEM;
    *p = made;
    return 0;
}

EXPORT void free(void *p)
{
    dies(p);
    __libc_free(p);
}

/* ----- Files -------------------------------------------------------------- */

/* The function of that name behind this library. */
#define NEXT(name) \
    static __typeof__(name) *real; \
    if (!real) \
        real = (__typeof__(name) *)(uintptr_t)dlsym(RTLD_NEXT, #name)

/* Memory by the page counts as memory. */
EXPORT void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    NEXT(mmap);
    if (strike(flags & MAP_ANONYMOUS ? ALLOC : MAP, CALLER) != NOTHING)
        return MAP_FAILED;
    return real(at, size, protection, flags, fd, offset);
}

static mode_t mode_in(int flags, va_list list)
{
    const int has = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
    return has ? (mode_t)va_arg(list, unsigned) : 0;
}

EXPORT int open(const char *path, int flags, ...)
{
    NEXT(open);
    va_list list;
    va_start(list, flags);
    const mode_t mode = mode_in(flags, list);
    va_end(list);
    if (named && (flags & O_TMPFILE) == O_TMPFILE)
        return errno = EOPNOTSUPP, -1;
    if (strike(OPEN, CALLER) != NOTHING)
        return -1;
    return real(path, flags, mode);
}

EXPORT int openat(int folder, const char *path, int flags, ...)
{
    NEXT(openat);
    va_list list;
    va_start(list, flags);
    const mode_t mode = mode_in(flags, list);
    va_end(list);
    if (strike(OPEN, CALLER) != NOTHING)
        return -1;
    return real(folder, path, flags, mode);
}

EXPORT int close(int fd)
{
    NEXT(close);
    /* The descriptor is gone whatever close says. */
    const how h = strike(CLOSE, CALLER);
    const int error = errno;
    const int r = real(fd);
    return h != NOTHING ? errno = error, -1 : r;
}

EXPORT ssize_t read(int fd, void *to, size_t n)
{
    NEXT(read);
    const how h = strike(READ, CALLER);
    return h == ERROR ? -1 : real(fd, to, h == SHORT && n > 1 ? 1 : n);
}

EXPORT ssize_t pread(int fd, void *to, size_t n, off_t at)
{
    NEXT(pread);
    const how h = strike(READ, CALLER);
    return h == ERROR ? -1 : real(fd, to, h == SHORT && n > 1 ? 1 : n, at);
}

EXPORT ssize_t write(int fd, const void *from, size_t n)
{
    NEXT(write);
    const how h = strike(WRITE, CALLER);
    return h == ERROR ? -1 : real(fd, from, h == SHORT && n > 1 ? 1 : n);
}

EXPORT ssize_t pwrite(int fd, const void *from, size_t n, off_t at)
{
    NEXT(pwrite);
    const how h = strike(WRITE, CALLER);
    return h == ERROR ? -1 : real(fd, from, h == SHORT && n > 1 ? 1 : n, at);
}

EXPORT int fsync(int fd)
{
    NEXT(fsync);
    return strike(SYNC, CALLER) != NOTHING ? -1 : real(fd);
}

EXPORT int fdatasync(int fd)
{
    NEXT(fdatasync);
    return strike(SYNC, CALLER) != NOTHING ? -1 : real(fd);
}

EXPORT int ftruncate(int fd, off_t size)
{
    NEXT(ftruncate);
    return strike(WRITE, CALLER) == ERROR ? -1 : real(fd, size);
}

EXPORT int rename(const char *from, const char *to)
{
    NEXT(rename);
    return strike(NAME, CALLER) != NOTHING ? -1 : real(from, to);
}

EXPORT int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    NEXT(renameat2);
    return strike(NAME, CALLER) != NOTHING ? -1 : real(a, from, b, to, flags);
}

EXPORT int link(const char *from, const char *to)
{
    NEXT(link);
    return strike(NAME, CALLER) != NOTHING ? -1 : real(from, to);
}

EXPORT int linkat(int a, const char *from, int b, const char *to, int flags)
{
    NEXT(linkat);
    return strike(NAME, CALLER) != NOTHING ? -1 : real(a, from, b, to, flags);
}

EXPORT int stat(const char *path, struct stat *st)
{
    NEXT(stat);
    return strike(STAT, CALLER) != NOTHING ? -1 : real(path, st);
}

EXPORT int lstat(const char *path, struct stat *st)
{
    NEXT(lstat);
    return strike(STAT, CALLER) != NOTHING ? -1 : real(path, st);
}

EXPORT int fstat(int fd, struct stat *st)
{
    NEXT(fstat);
    return strike(STAT, CALLER) != NOTHING ? -1 : real(fd, st);
}

EXPORT ssize_t getrandom(void *to, size_t n, unsigned flags)
{
    NEXT(getrandom);
    return strike(RANDOM, CALLER) != NOTHING ? -1 : real(to, n, flags);
}

/*
 * text.c - files to pieces of text.
 */
#include "word2bits/text.h"

#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "io/progress.h"
#include "io/stream.h"

/* A read is small enough to be hashed while it is in the cache. */
#define CHUNK ((size_t)256 << 10)

struct w2b_text {
    const char *const *paths;
    size_t n_paths;
    size_t next;          /* the path to open next */
    w2b_stream *stream;   /* the file under way, or NULL */
    int last;             /* its last byte so far, or -1 */
    size_t cut;           /* bytes a piece, more than the longest word */
    unsigned char *carry; /* begins a word that the next piece continues */
    size_t n_carry;
    int keep_lines;
    int skipping;         /* inside a word that is too long for a piece */
    uint64_t long_words;
    uint64_t bytes;
    XXH3_state_t *hash;
    uint64_t done;        /* bytes on disk of the files behind us */
    uint64_t total;       /* of all files, 0 if it cannot be known */
    w2b_meter meter;
};

/* ----- What is not text ---------------------------------------------------- */

typedef struct magic {
    size_t at;
    size_t n;
    const char *bytes;
    const char *what;
} magic;

/* Files that people hand to a tool like this by mistake. Most hold zero bytes
 * and would be refused anyway; the name makes the message useful. */
static const magic MAGICS[] = {
    {0, 4, "PK\003\004", "a zip archive"},
    {0, 4, "PK\005\006", "a zip archive"},
    {0, 6, "7z\274\257\047\034", "a 7z archive"},
    {0, 6, "Rar!\032\007", "a rar archive"},
    {0, 4, "\004\042\115\030", "an lz4 file"},
    {0, 4, "\002\041\114\030", "an lz4 file"},
    {0, 5, "LZIP\001", "an lzip file"},
    {0, 5, "\211LZO\000", "an lzop file"},
    {0, 2, "\037\235", "a compress (.Z) file"},
    {0, 2, "\037\213", "a gzip file inside another"},
    {4, 6, "1AY&SY", "a bzip2 file inside another"},
    {0, 6, "\3757zXZ\000", "an xz file inside another"},
    {0, 4, "\050\265\057\375", "a zstd file inside another"},
    {0, 10, "\377\006\000\000sNaPpY", "a snappy file"},
    {0, 4, "PAR1", "a Parquet file"},
    {0, 6, "ARROW1", "an Arrow file"},
    {0, 4, "Obj\001", "an Avro file"},
    {0, 16, "SQLite format 3\000", "an SQLite database"},
    {0, 4, "\177ELF", "an ELF program or library"},
    {0, 5, "%PDF-", "a PDF document"},
    {0, 3, "\377\330\377", "a JPEG picture"},
    {0, 4, "\211PNG", "a PNG picture"},
    {0, 6, "\223NUMPY", "a NumPy array"},
    {0, 2, "\377\376", "UTF-16 text (convert it to UTF-8 first)"},
    {0, 2, "\376\377", "UTF-16 text (convert it to UTF-8 first)"},
};

static const char *magic_find(const uint8_t *head, size_t n)
{
    for (size_t i = 0; i < sizeof MAGICS / sizeof MAGICS[0]; i++) {
        const magic *m = &MAGICS[i];
        if (n >= m->at + m->n && memcmp(head + m->at, m->bytes, m->n) == 0)
            return m->what;
    }
    return NULL;
}

/* In random bytes a tenth are control characters; text that has escape
 * sequences in it stays below a twentieth. */
static int control_heavy(const uint8_t *head, size_t n)
{
    size_t control = 0;
    for (size_t i = 0; i < n; i++)
        control += (head[i] < 0x20 && !w2b_text_white(head[i])) || head[i] == 0x7f;
    return n >= 16 && control > n / 20;
}

/* Looks at the first bytes of a file, which stay unread. */
static w2b_err check_head(const char *name, const uint8_t *head, size_t n, w2b_diag *diag)
{
    if (n == 0)
        return W2B_OK;
    const char *what = magic_find(head, n);
    if (what)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, name, W2B_NOWHERE, W2B_NOWHERE,
                           "is %s, not plain text", what);
    const uint8_t *zero = memchr(head, 0, n);
    if (zero)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, name, W2B_NOWHERE, (uint64_t)(zero - head),
                           "is binary, not text (byte 0 at offset %llu)",
                           (unsigned long long)(zero - head));
    if (control_heavy(head, n))
        return w2b_fail_at(diag, W2B_ERR_FORMAT, name, W2B_NOWHERE, W2B_NOWHERE,
                           "is binary, not text (many control characters)");
    return W2B_OK;
}

/* ----- Opening ------------------------------------------------------------- */

/* Pipes cannot be opened twice. Sets total to 0 where a size is unknown. */
static w2b_err check_paths(w2b_text *text, w2b_diag *diag)
{
    int known = 1;
    for (size_t i = 0; i < text->n_paths; i++) {
        const char *path = text->paths[i];
        struct stat info;
        if (strcmp(path, "-") == 0 ||
            (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))) {
            known = 0;
            continue;
        }
        w2b_stream *stream = NULL;
        const w2b_err err = w2b_stream_open(path, &stream, diag);
        if (err)
            return err;
        text->total += w2b_stream_size(stream);
        w2b_stream_close(stream);
    }
    if (!known)
        text->total = 0;
    return W2B_OK;
}

w2b_err w2b_text_open(const char *const *paths, size_t n_paths, size_t piece,
                      const w2b_corpus_options *options, w2b_text **text, w2b_diag *diag)
{
    w2b_text *t = w2b_alloc_zero(1, sizeof *t);
    if (!t)
        return w2b_fail_memory(diag, sizeof *t, "reading text");
    t->paths = paths;
    t->n_paths = n_paths;
    t->cut = piece > options->max_word ? piece : (size_t)options->max_word + 1;
    t->carry = w2b_alloc(t->cut, 1);
    t->hash = XXH3_createState();
    w2b_err err = W2B_OK;
    if (!t->carry || !t->hash || XXH3_64bits_reset(t->hash) != XXH_OK)
        err = w2b_fail_memory(diag, t->cut, "reading text");
    else
        err = check_paths(t, diag);
    if (err) {
        w2b_text_close(t);
        return err;
    }
    w2b_meter_start(&t->meter, options->progress, options->progress_user, W2B_STAGE_COUNT,
                    "bytes");
    *text = t;
    return W2B_OK;
}

void w2b_text_close(w2b_text *text)
{
    if (!text)
        return;
    w2b_stream_close(text->stream);
    XXH3_freeState(text->hash);
    w2b_free(text->carry);
    w2b_free(text);
}

/* ----- Reading ------------------------------------------------------------- */

/* Bytes of the file under way, hashed and counted. */
static w2b_err read_bytes(w2b_text *text, unsigned char *to, size_t room, size_t *got,
                          w2b_diag *diag)
{
    size_t n = 0;
    const w2b_err err = w2b_stream_read(text->stream, to, room < CHUNK ? room : CHUNK, &n, diag);
    if (err)
        return err;
    if (n > 0) {
        /* The hash is of the text as it is, before anything is skipped. */
        (void)XXH3_64bits_update(text->hash, to, n);
        text->bytes += n;
        text->last = to[n - 1];
    }
    *got = n;
    return w2b_meter_tick(&text->meter, text->done + w2b_stream_consumed(text->stream),
                          text->total, diag);
}

static w2b_err open_next(w2b_text *text, w2b_diag *diag)
{
    w2b_err err = w2b_stream_open(text->paths[text->next], &text->stream, diag);
    if (err)
        return err;
    text->next++;
    text->last = -1;
    const uint8_t *head = NULL;
    size_t n = 0;
    err = w2b_stream_peek(text->stream, &head, &n, diag);
    if (!err)
        err = check_head(w2b_stream_name(text->stream), head, n, diag);
    if (err || n < 3 || memcmp(head, "\xef\xbb\xbf", 3) != 0)
        return err;
    /* A byte order mark is no part of the first word. */
    unsigned char mark[3];
    for (size_t have = 0, got = 0; have < sizeof mark && !err; have += got)
        err = read_bytes(text, mark, sizeof mark - have, &got, diag);
    text->last = -1;
    return err;
}

static void close_current(w2b_text *text)
{
    const uint64_t size = w2b_stream_size(text->stream);
    text->done += size > 0 ? size : w2b_stream_consumed(text->stream);
    w2b_stream_close(text->stream);
    text->stream = NULL;
}

/* Drops the rest of a word that is too long from new bytes [from, *size). */
static void skip_rest(w2b_text *text, unsigned char *bytes, size_t from, size_t *size)
{
    size_t at = from;
    while (at < *size && !w2b_text_white(bytes[at]))
        at++;
    text->skipping = at == *size;
    memmove(bytes + from, bytes + at, *size - at);
    *size -= at - from;
}

/* Adds bytes to `piece` until it is full or the files are at their end. */
static w2b_err fill(w2b_text *text, w2b_piece *piece, w2b_diag *diag)
{
    while (piece->size < text->cut) {
        if (!text->stream) {
            if (text->next == text->n_paths)
                return W2B_OK;
            const w2b_err err = open_next(text, diag);
            if (err)
                return err;
        }
        const size_t before = piece->size;
        size_t got = 0;
        const w2b_err err = read_bytes(text, piece->text + before, text->cut - before, &got, diag);
        if (err)
            return err;
        piece->size += got;
        if (got == 0) {
            if (text->last != -1 && text->last != '\n')
                piece->text[piece->size++] = '\n';
            close_current(text);
        }
        if (text->skipping)
            skip_rest(text, piece->text, before, &piece->size);
    }
    return W2B_OK;
}

/* Where the last whole line ends, or 0: there is none, or they are not wanted. */
static size_t last_line(const w2b_text *text, const w2b_piece *piece)
{
    const unsigned char *at =
        text->keep_lines && piece->size ? memrchr(piece->text, '\n', piece->size) : NULL;
    return at ? (size_t)(at - piece->text) + 1 : 0;
}

/* Moves what follows the last white space to the carry. A piece without any
 * is part of a word longer than allowed: it goes, and the rest of it will. */
static void cut_last_word(w2b_text *text, w2b_piece *piece)
{
    const size_t line = last_line(text, piece);
    size_t end = line ? line : piece->size;
    while (end > 0 && !w2b_text_white(piece->text[end - 1]))
        end--;
    if (end == 0 && piece->size > 0) {
        text->skipping = 1;
        text->long_words++;
        piece->size = 0;
        return;
    }
    text->n_carry = piece->size - end;
    memcpy(text->carry, piece->text + end, text->n_carry);
    piece->size = end;
}

void w2b_text_keep_lines(w2b_text *text)
{
    text->keep_lines = 1;
}

int w2b_piece_room(w2b_piece *piece, size_t size)
{
    if (size + W2B_TEXT_PAD <= piece->room)
        return 0;
    w2b_free(piece->text);
    piece->room = 0;
    piece->text = w2b_alloc(size + W2B_TEXT_PAD, 1);
    if (!piece->text)
        return -1;
    piece->room = size + W2B_TEXT_PAD;
    return 0;
}

w2b_err w2b_text_read(w2b_text *text, w2b_piece *piece, w2b_diag *diag)
{
    if (w2b_piece_room(piece, text->cut))
        return w2b_fail_memory(diag, text->cut, "text");
    do {
        memcpy(piece->text, text->carry, text->n_carry);
        piece->size = text->n_carry;
        text->n_carry = 0;
        const w2b_err err = fill(text, piece, diag);
        if (err)
            return err;
        cut_last_word(text, piece);
    } while (piece->size == 0 && (text->stream || text->next < text->n_paths));
    memset(piece->text + piece->size, 0, W2B_TEXT_PAD);
    if (piece->size == 0)
        return w2b_meter_finish(&text->meter, text->done, text->total, diag);
    return W2B_OK;
}

uint64_t w2b_text_bytes(const w2b_text *text)
{
    return text->bytes;
}

uint64_t w2b_text_checksum(const w2b_text *text)
{
    return XXH3_64bits_digest(text->hash);
}

uint64_t w2b_text_long_words(const w2b_text *text)
{
    return text->long_words;
}

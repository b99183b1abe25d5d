/*
 * tokenizer.c - the tokenizer.json of Hugging Face's libraries: which word
 * stands for which number.
 *
 * Words are the keys of model.vocab (WordPiece, WordLevel, BPE) or the first
 * parts of its pairs (Unigram), and what added_tokens has beside them. All
 * else, how text is cut into tokens, is of no concern here.
 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "io/model.h"
#include "io/nesting.h"
#include "io/utf8.h"
#include "io/wordlist.h"

/* ----- Reading ------------------------------------------------------------ */

typedef struct source {
    w2b_stream *stream;
    uint64_t most; /* bytes */
    w2b_nesting nesting;
    w2b_diag *diag;
    w2b_err err;
} source;

static size_t read_piece(void *buffer, size_t size, void *user)
{
    source *s = user;
    size_t got;
    const char *name = w2b_stream_name(s->stream);
    s->err = w2b_stream_read(s->stream, buffer, size, &got, s->diag);
    if (!s->err && w2b_stream_offset(s->stream) > s->most)
        s->err = w2b_fail_at(s->diag, W2B_ERR_LIMIT, name, W2B_NOWHERE, W2B_NOWHERE,
                             "the tokenizer has more than the %llu bytes allowed",
                             (unsigned long long)s->most);
    if (!s->err)
        s->err = w2b_nesting_look(&s->nesting, buffer, got, name, s->diag);
    return s->err ? (size_t)-1 : got;
}

static w2b_err fail(const w2b_wordlist *list, const char *what, w2b_diag *diag)
{
    return w2b_fail_at(diag, W2B_ERR_FORMAT, list->path, W2B_NOWHERE, W2B_NOWHERE, "%s", what);
}

/* A token that is there already stays; one that no word can hold is left out. */
static w2b_err put(w2b_wordlist *list, json_int_t id, const char *word, size_t length,
                   uint64_t tokens, w2b_diag *diag)
{
    uint32_t unused;
    if (id < 0 || (uint64_t)id >= list->rows)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, list->path, W2B_NOWHERE, W2B_NOWHERE,
                           "a token has number %" JSON_INTEGER_FORMAT ", but there are %llu rows "
                           "of vectors", id, (unsigned long long)list->rows);
    /* Memory follows the tokens, not their numbers. */
    if ((uint64_t)id / 4 > tokens + 256)
        return fail(list, "the numbers of its tokens have too many gaps", diag);
    if (length > W2B_WORDLIST_MAX)
        return fail(list, "a token is too long", diag);
    if (memchr(word, '\n', length) || w2b_wordlist_word(list, (uint64_t)id, &unused))
        return W2B_OK;
    return w2b_wordlist_put(list, (uint64_t)id, word, length, diag);
}

static w2b_err put_vocab(w2b_wordlist *list, json_t *vocab, uint64_t tokens, w2b_diag *diag)
{
    w2b_err err = W2B_OK;
    const char *word;
    json_t *value;
    json_object_foreach(vocab, word, value) {
        if (err)
            break;
        err = json_is_integer(value)
                  ? put(list, json_integer_value(value), word, strlen(word), tokens, diag)
                  : fail(list, "a token of model.vocab has no number", diag);
    }
    return err;
}

static w2b_err put_pairs(w2b_wordlist *list, const json_t *pairs, uint64_t tokens, w2b_diag *diag)
{
    w2b_err err = W2B_OK;
    for (size_t i = 0; !err && i < json_array_size(pairs); i++) {
        const json_t *word = json_array_get(json_array_get(pairs, i), 0);
        err = json_is_string(word)
                  ? put(list, (json_int_t)i, json_string_value(word), json_string_length(word),
                        tokens, diag)
                  : fail(list, "an entry of model.vocab is not a word and its score", diag);
    }
    return err;
}

static w2b_err put_added(w2b_wordlist *list, const json_t *added, uint64_t tokens,
                         w2b_diag *diag)
{
    w2b_err err = W2B_OK;
    for (size_t i = 0; !err && i < json_array_size(added); i++) {
        const json_t *token = json_array_get(added, i);
        const json_t *word = json_object_get(token, "content");
        const json_t *id = json_object_get(token, "id");
        err = json_is_string(word) && json_is_integer(id)
                  ? put(list, json_integer_value(id), json_string_value(word),
                        json_string_length(word), tokens, diag)
                  : fail(list, "an entry of added_tokens has no number or no content", diag);
    }
    return err;
}

w2b_err w2b_tokenizer_read(w2b_stream *stream, w2b_wordlist *list,
                           const w2b_open_options *options, w2b_diag *diag)
{
    source s = {.stream = stream, .most = options->max_json, .diag = diag,
                .nesting = {.most = options->max_depth}};
    json_error_t error;
    json_t *root = json_load_callback(read_piece, &s, JSON_ALLOW_NUL, &error);
    if (s.err) {
        json_decref(root);
        return s.err;
    }
    if (!root)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, list->path,
                           error.line > 0 ? (uint64_t)error.line : W2B_NOWHERE, W2B_NOWHERE,
                           "it is not sound JSON: %s", error.text);
    json_t *vocab = json_object_get(json_object_get(root, "model"), "vocab");
    const json_t *added = json_object_get(root, "added_tokens");
    const uint64_t tokens =
        json_object_size(vocab) + json_array_size(vocab) + json_array_size(added);
    w2b_err err;
    if (json_is_object(vocab))
        err = put_vocab(list, vocab, tokens, diag);
    else if (json_is_array(vocab))
        err = put_pairs(list, vocab, tokens, diag);
    else
        err = fail(list, "it is no tokenizer: model.vocab is missing", diag);
    if (!err)
        err = put_added(list, added, tokens, diag);
    json_decref(root);
    return err;
}

/* ----- Writing ------------------------------------------------------------ */

int64_t w2b_tokenizer_unknown(const w2b_model *model, uint64_t rows)
{
    static const char *const names[] = {W2B_TOKENIZER_UNKNOWN, "<unk>", "<UNK>", "UNK"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const int64_t row = w2b_model_find(model, names[i], strlen(names[i]));
        if (row >= 0 && (uint64_t)row < rows)
            return row;
    }
    return -1;
}

static w2b_err write_text(w2b_out *out, const char *text, w2b_diag *diag)
{
    return w2b_out_write(out, text, strlen(text), diag);
}

/* In quotes. */
static w2b_err write_word(w2b_out *out, const char *word, size_t length, w2b_diag *diag)
{
    w2b_err err = write_text(out, "\"", diag);
    for (size_t i = 0; !err && i < length; i++) {
        const unsigned char c = (unsigned char)word[i];
        static const char digits[] = "0123456789abcdef";
        const char code[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
        const char escaped[] = {'\\', word[i]};
        if (c < 0x20)
            err = w2b_out_write(out, code, sizeof code, diag);
        else if (c == '"' || c == '\\')
            err = w2b_out_write(out, escaped, sizeof escaped, diag);
        else
            err = w2b_out_write(out, word + i, 1, diag);
    }
    return err ? err : write_text(out, "\"", diag);
}

static w2b_err write_number(w2b_out *out, uint64_t number, w2b_diag *diag)
{
    char text[24];
    size_t at = sizeof text;
    do {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return w2b_out_write(out, text + at, sizeof text - at, diag);
}

static w2b_err write_entry(const w2b_model *model, uint64_t row, w2b_out *out, w2b_diag *diag)
{
    const char *word;
    size_t length;
    int64_t first;
    w2b_err err = w2b_model_word_at(model, row, &word, &length, diag);
    if (!err)
        err = w2b_model_find_at(model, word, length, &first, diag);
    if (err)
        return err;
    if (!w2b_utf8_sound(word, length))
        return w2b_fail(diag, W2B_ERR_DATA, "the word of row %" PRIu64 " is not UTF-8: a tokenizer "
                        "cannot hold it", row);
    if ((uint64_t)first != row)
        return w2b_fail(diag, W2B_ERR_DATA, "the word of row %" PRIu64 " is that of row %" PRId64
                        ", too: a tokenizer cannot hold both", row, first);
    err = row > 0 ? write_text(out, ",", diag) : W2B_OK;
    if (!err)
        err = write_word(out, word, length, diag);
    if (!err)
        err = write_text(out, ":", diag);
    return err ? err : write_number(out, row, diag);
}

/* The name and number of the unknown token. */
static w2b_err unknown_token(const w2b_model *model, uint64_t rows, int64_t unknown,
                             const char **name, size_t *length, uint64_t *number, w2b_diag *diag)
{
    *name = W2B_TOKENIZER_UNKNOWN;
    *length = strlen(W2B_TOKENIZER_UNKNOWN);
    *number = unknown >= 0 ? (uint64_t)unknown : rows;
    return unknown >= 0 ? w2b_model_word_at(model, *number, name, length, diag) : W2B_OK;
}

w2b_err w2b_tokenizer_write(const w2b_model *model, uint64_t rows, int64_t unknown,
                            w2b_out *out, w2b_diag *diag)
{
    const char *name = NULL;
    size_t length = 0;
    uint64_t number = 0;
    w2b_err err = unknown_token(model, rows, unknown, &name, &length, &number, diag);
    if (!err)
        err = write_text(out, "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,"
                         "\"added_tokens\":[{\"id\":", diag);
    if (!err)
        err = write_number(out, number, diag);
    if (!err)
        err = write_text(out, ",\"content\":", diag);
    if (!err)
        err = write_word(out, name, length, diag);
    if (!err)
        err = write_text(out, ",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
                         "\"normalized\":false,\"special\":true}],\"normalizer\":null,"
                         "\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"post_processor\":null,"
                         "\"decoder\":null,\"model\":{\"type\":\"WordLevel\",\"vocab\":{", diag);
    for (uint64_t row = 0; !err && row < rows; row++)
        err = write_entry(model, row, out, diag);
    if (!err && unknown < 0)
        err = write_text(out, ",\"" W2B_TOKENIZER_UNKNOWN "\":", diag);
    if (!err && unknown < 0)
        err = write_number(out, number, diag);
    if (!err)
        err = write_text(out, "},\"unk_token\":", diag);
    if (!err)
        err = write_word(out, name, length, diag);
    return err ? err : write_text(out, "}}\n", diag);
}

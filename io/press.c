/*
 * press.c - rows of floats to codes as they arrive.
 *
 * The code is chosen by the first rows, the most frequent words, and encodes
 * each batch by all threads. What only the last row tells is the unit of the
 * scales, a power of two that follows the largest number of all: batches take
 * the one that fits so far, and when it grows the scales before are divided,
 * which is exact. So the codes are those that w2b_model_quantize makes with the
 * same method; but for rows 2^28 times smaller than the largest, whose scales
 * are no longer exact.
 */
#include <string.h>

#include "io/metadata.h"
#include "io/press.h"
#include "io/quantize.h"
#include "io/subword.h"
#include "quant/num.h"

/* ----- The choice --------------------------------------------------------- */

/* The first rows as a model of words without letters, for a look at them.
 * Rows come back in any case. */
static w2b_err choose(w2b_press *p, const w2b_code *from, uint8_t *floats, size_t room, size_t n,
                      w2b_diag *diag)
{
    w2b_model *model;
    w2b_parts parts = {
        .words = n,
        .bytes = w2b_alloc_zero(n, 1),
        .starts = w2b_alloc(n + 1, sizeof *parts.starts),
        .code = *from,
    };
    if (!parts.bytes || !parts.starts) {
        w2b_parts_free(&parts);
        return w2b_fail_memory(diag, n * sizeof *parts.starts, "a sample of rows");
    }
    for (size_t i = 0; i <= n; i++)
        parts.starts[i] = i;
    parts.codes = floats;
    parts.code_room = room;
    parts.borrowed = 1;
    w2b_err err = w2b_model_make(&parts, &model, diag);
    if (err)
        return err;
    err = w2b_choose(model, &p->wish, &p->encode.code, &p->params, &p->trials, diag);
    w2b_model_free(model);
    return err;
}

/* Parameters that are learned should know all rows. */
static int wants_all(const w2b_code *code)
{
    return w2b_code_params_size(code) > 0 && w2b_code_sample_rows(code) > 0;
}

w2b_err w2b_press_begin(w2b_press *press, const w2b_quantize_options *options, uint32_t dim,
                        uint8_t *floats, size_t room, size_t n, uint64_t expected, int *possible,
                        w2b_diag *diag)
{
    w2b_press *p = press;
    w2b_code from;
    memset(p, 0, sizeof *p);
    *possible = 0;
    w2b_err err = w2b_quantize_wish(options, dim, &p->method, &p->wish, diag);
    if (err || w2b_code_init(&from, W2B_METHOD_FLOAT, 32, dim) != 0 || p->wish.bits == 32 ||
        w2b_quantize_prunes(options))
        return err;
    if (p->wish.method && p->wish.bits <= 8 &&
        (w2b_wish_code(&p->wish, p->method, dim, &p->encode.code) != 0 ||
         wants_all(&p->encode.code)))
        return W2B_OK;
    p->encode = (w2b_encode){.floats = floats, .n = n, .code = from, .threads = p->wish.threads};
    w2b_tally seen = w2b_tally_nothing;
    err = w2b_encode_look(&p->encode, &seen, diag);
    p->wish.largest = seen.largest;
    if (!err)
        err = choose(p, &from, floats, room, n, diag);
    if (err || wants_all(&p->encode.code))
        return err;
    p->total = w2b_tally_nothing;
    p->total.largest = seen.largest;
    size_t bytes;
    if (expected > 0 && w2b_mul((size_t)expected, p->encode.code.stride, &bytes) == 0) {
        p->codes = w2b_pages(bytes);
        p->code_room = p->codes ? bytes : 0;
    }
    *possible = 1;
    return W2B_OK;
}

/* ----- Rows --------------------------------------------------------------- */

static w2b_err make_room(w2b_press *p, size_t n, w2b_diag *diag)
{
    const size_t stride = p->encode.code.stride, used = (size_t)p->rows * stride;
    size_t need;
    if (w2b_mul((size_t)p->rows + n, stride, &need) != 0)
        return w2b_fail_memory(diag, UINT64_MAX, "codes");
    if (need > p->code_room) {
        const size_t more = need + need / 2;
        uint8_t *codes = w2b_pages(more);
        if (!codes)
            return w2b_fail_memory(diag, more, "codes");
        if (p->codes) {
            memcpy(codes, p->codes, used);
            w2b_pages_free(p->codes, p->code_room);
        }
        p->codes = codes;
        p->code_room = more;
    }
    if (p->encode.code.bits <= 8 &&
        w2b_grow((void **)&p->scales, &p->scales_room, (size_t)p->rows + n,
                 sizeof *p->scales) != 0)
        return w2b_fail_memory(diag, (p->rows + n) * sizeof *p->scales, "scales");
    return W2B_OK;
}

/* The unit for numbers up to `largest`: scales before are brought to it. */
static void settle_unit(w2b_press *p, float largest)
{
    w2b_code *code = &p->encode.code;
    const float unit = w2b_code_unit(largest);
    if (code->bits > 8 || unit <= code->unit)
        return;
    const float share = code->unit / unit;
    for (uint64_t i = 0; i < p->rows; i++)
        p->scales[i] = w2b_half_from_float(w2b_half_to_float(p->scales[i]) * share);
    code->unit = unit;
}

w2b_err w2b_press_add(w2b_press *press, const uint8_t *floats, size_t n, w2b_diag *diag)
{
    w2b_press *p = press;
    w2b_encode *e = &p->encode;
    w2b_tally some = w2b_tally_nothing;
    w2b_err err = make_room(p, n, diag);
    e->floats = floats;
    e->n = n;
    if (!err)
        err = w2b_encode_look(e, &some, diag);
    if (!err)
        err = w2b_encode_check(e, &some, p->rows, diag);
    if (err)
        return err;
    if (some.largest > p->total.largest) {
        p->total.largest = some.largest;
        settle_unit(p, some.largest);
    }
    e->codes = p->codes + (size_t)p->rows * e->code.stride;
    e->scales = p->scales ? p->scales + p->rows : NULL;
    err = w2b_encode_rows(e, &p->total, diag);
    p->rows += n;
    return err;
}

/* ----- The end ------------------------------------------------------------ */

w2b_err w2b_press_finish(w2b_press *press, w2b_parts *parts, w2b_quantize_report *report,
                         w2b_diag *diag)
{
    w2b_press *p = press;
    const w2b_code *code = &p->encode.code;
    w2b_encode_report(&p->total, p->rows, &parts->code, code, report);
    report->trials = p->trials;
    if (parts->subword)
        report->subwords = parts->subword->matrix.rows - parts->subword->first;
    w2b_subword_free(parts->subword);
    parts->subword = NULL;
    const char *before = parts->metadata ? parts->metadata : "{}";
    char *metadata = w2b_metadata_quantized(before, &parts->code, code, report->squared_error);
    if (!metadata)
        return w2b_fail_memory(diag, strlen(before), "metadata");
    w2b_free(parts->metadata);
    parts->metadata = metadata;
    if (parts->codes)
        w2b_pages_free(parts->codes, parts->code_room);
    parts->code = *code;
    parts->codes = p->codes;
    parts->code_room = p->code_room;
    parts->scales = p->scales;
    parts->params = p->params;
    parts->format = "memory";
    p->codes = NULL;
    p->scales = NULL;
    p->params = NULL;
    return W2B_OK;
}

void w2b_press_free(w2b_press *press)
{
    if (press->codes)
        w2b_pages_free(press->codes, press->code_room);
    w2b_free(press->scales);
    w2b_free(press->params);
    memset(press, 0, sizeof *press);
}

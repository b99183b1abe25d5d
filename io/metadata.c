/*
 * metadata.c - reading and extending the JSON of a model, by jansson.
 */
#include <jansson.h>
#include <string.h>

#include "io/metadata.h"

int w2b_metadata_valid(const char *text, size_t size)
{
    json_t *root = json_loadb(text, size, 0, NULL);
    const int valid = json_is_object(root);
    json_decref(root);
    return valid;
}

static json_t *describe(const w2b_code *code)
{
    return json_pack("{s:i, s:s}", "bits", (int)code->bits, "method",
                     w2b_method_name(code->method, code->bits));
}

/* From jansson's allocator, which is not ours to release by w2b_free. */
static char *copy_of(const json_t *root)
{
    const size_t size = json_dumpb(root, NULL, 0, JSON_COMPACT);
    char *text = size ? w2b_alloc(size + 1, 1) : NULL;
    if (!text)
        return NULL;
    json_dumpb(root, text, size, JSON_COMPACT);
    text[size] = '\0';
    return text;
}

char *w2b_metadata_quantized(const char *text, const w2b_code *from, const w2b_code *to,
                             double squared_error)
{
    json_t *root = json_loads(text, 0, NULL);
    json_t *step = describe(to);
    char *made = NULL;
    if (json_is_object(root) && step) {
        json_t *before = json_object_get(root, "quantize");
        int failed = json_object_set_new(step, "from", describe(from)) ||
                     json_object_set_new(step, "squared_error", json_real(squared_error));
        if (before)
            failed = failed || json_object_set(step, "before", before);
        if (!failed && json_object_set(root, "quantize", step) == 0)
            made = copy_of(root);
    }
    json_decref(step);
    json_decref(root);
    return made;
}

/*
 * nesting.c - how deep JSON is nested, told before it is parsed.
 */
#include "io/nesting.h"

/* One character. Brackets within strings are letters. */
static void take(w2b_nesting *nesting, char c)
{
    if (nesting->in_string) {
        if (!nesting->escaped && c == '"')
            nesting->in_string = 0;
        nesting->escaped = !nesting->escaped && c == '\\';
    } else if (c == '"') {
        nesting->in_string = 1;
    } else if (c == '{' || c == '[') {
        nesting->depth++;
    } else if ((c == '}' || c == ']') && nesting->depth > 0) {
        nesting->depth--;
    }
}

w2b_err w2b_nesting_look(w2b_nesting *nesting, const void *bytes, size_t n, const char *path,
                         w2b_diag *diag)
{
    const char *text = bytes;
    for (size_t i = 0; i < n; i++) {
        take(nesting, text[i]);
        if (nesting->depth > nesting->most)
            return w2b_fail_at(diag, W2B_ERR_LIMIT, path, W2B_NOWHERE, W2B_NOWHERE,
                               "JSON that is nested deeper than the %u levels allowed",
                               (unsigned)nesting->most);
    }
    return W2B_OK;
}

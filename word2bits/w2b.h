/*
 * w2b.h - word2bits: train, store, search and evaluate quantized word vectors.
 *
 * The whole public interface, ordered from first use to rare use:
 *
 *     errors, progress       what every function reports, and how
 *     models                 open, look at, save: a vocabulary and its vectors
 *     search                 nearest neighbours, analogies, similarities
 *     training               vocabulary and vectors from text
 *     compression            other bits for vectors that exist already
 *     evaluation             similarity and analogy test sets
 *     maps                   words laid out in the plane, for people
 *     versions, kernels      what this build is and can
 *
 * Rules that hold everywhere:
 *   - A function that can fail returns w2b_err. Its last parameter is an
 *     optional w2b_diag (NULL is fine) that receives the details. When it
 *     fails, its output parameters are left untouched, and no file is left
 *     half written.
 *   - Structs of options begin with their size and are filled by their
 *     _defaults function before single fields are changed; fields that later
 *     versions add at the end then keep their defaults.
 *   - Handles are created by _open or _new or as an output of a function and
 *     released by their _free, which accepts NULL.
 *   - Models, vocabularies and test sets never change after their creation:
 *     any number of threads may read one. A search handle belongs to one
 *     thread at a time. Progress callbacks come from the calling thread.
 *   - Words are byte strings with a length. They may hold any bytes, a
 *     newline excepted, and are not necessarily UTF-8. Words that a function
 *     returns also end in a zero byte that the length does not count.
 *   - Rows are numbered from 0 in the order of the file, which for trained
 *     models is falling frequency.
 *   - The library never prints, exits, reads the environment or keeps global
 *     state. Results depend on neither the number of threads nor the
 *     instruction set.
 */
#ifndef W2B_H
#define W2B_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define W2B_API __attribute__((visibility("default")))
#else
#define W2B_API
#endif

#define W2B_VERSION_MAJOR 0
#define W2B_VERSION_MINOR 1
#define W2B_VERSION_PATCH 0

/* ===== Errors ============================================================ */

/* Values are pinned: they are part of the binary interface. */
typedef enum w2b_err {
    W2B_OK = 0,
    W2B_ERR_ARGUMENT = 1,  /* an option or an argument is out of its range */
    W2B_ERR_MEMORY = 2,    /* memory could not be had */
    W2B_ERR_CANCELLED = 3, /* the progress callback asked to stop */
    W2B_ERR_ISA = 4,       /* this CPU lacks the instruction set asked for */
    W2B_ERR_IO = 10,       /* the system refused: see diag->sys_errno */
    W2B_ERR_EXISTS = 11,   /* the output exists and may not be replaced */
    W2B_ERR_FORMAT = 20,   /* not a known format, or malformed */
    W2B_ERR_CORRUPT = 21,  /* a checksum does not match its data */
    W2B_ERR_VERSION = 22,  /* written by a newer version of the format */
    W2B_ERR_LIMIT = 23,    /* larger than a limit of the call or the format */
    W2B_ERR_DATA = 30,     /* too little to work on, or numbers not finite */
    W2B_ERR_WORD = 31      /* a word is not in the vocabulary */
} w2b_err;

/* diag->line and diag->offset when they do not apply. */
#define W2B_NOWHERE UINT64_MAX

/* Where and why a function failed. Plain memory: nothing to release. */
typedef struct w2b_diag {
    w2b_err code;
    int sys_errno;    /* errno of the failing call, or 0 */
    uint64_t line;    /* line of `path`, counted from 1, or W2B_NOWHERE */
    uint64_t offset;  /* byte offset in `path`, or W2B_NOWHERE */
    char path[512];   /* the file concerned, cut in front if longer, or "" */
    char text[512];   /* one sentence without the path, e.g. "expected 300
                         numbers, found 299"; no final full stop or newline */
} w2b_diag;

/* A short name for `err`, e.g. "corrupt". Never NULL. */
W2B_API const char *w2b_err_name(w2b_err err);

/* ===== Progress ========================================================== */

typedef enum w2b_stage {
    W2B_STAGE_COUNT = 0,    /* reading and counting a corpus */
    W2B_STAGE_TRAIN = 1,    /* training */
    W2B_STAGE_QUANTIZE = 2, /* choosing codes */
    W2B_STAGE_READ = 3,     /* reading embeddings */
    W2B_STAGE_WRITE = 4,    /* writing an output */
    W2B_STAGE_EVAL = 5,     /* answering test questions */
    W2B_STAGE_MAP = 6       /* laying words out */
} w2b_stage;

typedef struct w2b_progress {
    w2b_stage stage;
    uint64_t done;     /* in `unit`s */
    uint64_t total;    /* 0 when it cannot be known, as with a pipe */
    const char *unit;  /* "bytes", "words", "rows", "questions", "steps" */
    double seconds;    /* since the stage began */
    uint32_t epoch;    /* training: the epoch under way, from 1, else 0 */
    double rate;       /* training: the learning rate now */
    double loss;       /* training: mean loss a window in this epoch so far */
    uint64_t before;   /* of `done`: by earlier runs, which this one resumes */
} w2b_progress;

/* Called a few times a second at the most. Return 0 to go on, anything else
 * to stop: the function under way then returns W2B_ERR_CANCELLED. */
typedef int (*w2b_progress_fn)(const w2b_progress *progress, void *user);

/* ===== Instruction sets ================================================== */

typedef enum w2b_isa {
    W2B_ISA_AUTO = 0,   /* the best that this CPU and this build have */
    W2B_ISA_SCALAR = 1, /* plain C: the specification of the others */
    W2B_ISA_AVX2 = 2,   /* AVX2, FMA, F16C, POPCNT, BMI2 (2013-) */
    W2B_ISA_AVX512 = 3  /* AVX-512 F, BW, VL, DQ, VNNI, VBMI, BITALG and
                           VPOPCNTDQ (2019-) */
} w2b_isa;

/* ===== Models ============================================================ */

/* A vocabulary and one vector a word, in memory or mapped from a file. */
typedef struct w2b_model w2b_model;

typedef struct w2b_open_options {
    size_t size;
    uint64_t limit;      /* read at most so many rows; 0 = all */
    uint64_t max_words;  /* refuse files that claim more; default 2^32 - 2 */
    uint32_t max_dim;    /* refuse files that claim more; default 65536 */
    w2b_progress_fn progress;
    void *progress_user;
    uint32_t threads;    /* that read text; 0 = all usable processors */
    uint64_t memory;     /* bytes of vectors from a foreign format to keep in
                            memory; what is more goes to a file; 0 = all */
    const char *spool_dir;/* folder for that file, which has no name; NULL:
                            /var/tmp */
    const char *vocab;   /* file of the words, one a line, for formats that
                            hold vectors only; a name ending in .json: a
                            Hugging Face tokenizer; NULL: what lies beside the
                            vectors (NAME.vocab.txt, NAME.vocab, tokenizer.json) */
    int partial;         /* nonzero: a word2vec file may have fewer rows than
                            its first line promises */
    uint32_t max_word;   /* refuse files with longer words, in bytes; default
                            2^20, which no format of ours exceeds */
    uint64_t max_bytes;  /* refuse compressed files that hold more than this
                            when decompressed; default 2^36 */
    const struct w2b_quantize_options *quantize; /* not NULL: the model has
                            these bits, see below */
    struct w2b_quantize_report *report; /* what that cost; may be NULL */
    uint64_t max_json;   /* refuse JSON (heads of safetensors, tokenizers,
                            metadata) of more bytes; default 2^27 */
    uint32_t max_depth;  /* refuse JSON that is nested deeper; default 256, at
                            most 2048 */
} w2b_open_options;

W2B_API void w2b_open_defaults(w2b_open_options *options);

/* Opens `path` ("-" is standard input) in any readable format, which is found
 * from the content: .w2b; word2vec binary and text, GloVe text, tables,
 * fastText's models, NumPy, safetensors, finalfusion, also under gzip, bzip2,
 * xz or zstd; or a folder of Model2Vec's. A .w2b file is mapped: opening reads
 * its directory only, and each block is checked when it is first used. The
 * foreign formats become 32-bit vectors in memory; but word2vec files of nothing
 * but +-u, or +-u and +-3u, where u is that of Word2Bits (1/3, 1/4) or 1, become
 * 1 or 2 bits without loss. `options` may be NULL.
 *
 * With options->quantize the result is that of w2b_model_quantize, but rows of
 * foreign formats are encoded as they are read, from the first 64 MiB (or
 * options->memory) of them on, so that a file of any length needs memory for
 * its words and codes only. Those first rows decide where the method is to be
 * chosen; methods that must see a sample of all rows let them wait in a file. */
W2B_API w2b_err w2b_model_open(const char *path,
                               const w2b_open_options *options,
                               w2b_model **model, w2b_diag *diag);

W2B_API void w2b_model_free(w2b_model *model);

/* Whether the file at `path` begins like a model: 2 surely, 1 perhaps, 0 not
 * at all, or it is no regular file or can not be read. */
W2B_API int w2b_model_probe(const char *path);

typedef struct w2b_info {
    uint64_t words;
    uint32_t dim;
    uint32_t bits;          /* a number: 1 to 8, 16 or 32 */
    const char *method;     /* "gauss", "pq", ..., "half", "float" */
    const char *format;     /* "w2b", "word2vec-text", ..., "memory" */
    double bytes_per_word;  /* codes and scales only */
    uint64_t code_bytes;    /* as stored, in the file if there is one */
    uint64_t scale_bytes;
    uint64_t word_bytes;
    uint64_t count_bytes;   /* 0: the model has no counts */
    uint64_t index_bytes;
    uint64_t other_bytes;   /* header, metadata, directory, padding */
    uint64_t file_bytes;    /* 0 for a model that is in memory only */
    uint64_t checksum;      /* XXH3-64 of the file's directory, which covers
                               every block's checksum; 0 if in memory only */
    const char *metadata;   /* JSON object: how the model was made; owned by
                               the model */
    uint64_t subwords;      /* vectors of parts of words; only models in memory
                               that come from fastText or finalfusion have
                               some */
} w2b_info;

/* Fills `info`; its strings live as long as the model. */
W2B_API void w2b_model_info(const w2b_model *model, w2b_info *info);

/* The row of a word, or -1: not in the vocabulary, or its block is damaged. */
W2B_API int64_t w2b_model_find(const w2b_model *model, const char *word,
                               size_t length);

/* The word of a row and its length (`length` may be NULL), owned by the
 * model. NULL if row >= words or if the block that holds it is damaged. */
W2B_API const char *w2b_model_word(const w2b_model *model, uint64_t row,
                                   size_t *length);

/* The two above, but they say why they fail: a damaged block is an error, and
 * not an unknown word. *row is -1 if the word is not in the vocabulary. */
W2B_API w2b_err w2b_model_find_at(const w2b_model *model, const char *word,
                                  size_t length, int64_t *row, w2b_diag *diag);
W2B_API w2b_err w2b_model_word_at(const w2b_model *model, uint64_t row,
                                  const char **word, size_t *length,
                                  w2b_diag *diag);

/* How often the word occurred in the training text; 0 if not known, or if row >=
 * words or the block that holds it is damaged. The second says why it fails. */
W2B_API uint64_t w2b_model_count(const w2b_model *model, uint64_t row);
W2B_API w2b_err w2b_model_count_at(const w2b_model *model, uint64_t row,
                                   uint64_t *count, w2b_diag *diag);

/* W2B_ERR_CORRUPT if the model is mapped from a file that somebody has written
 * to, or cut, since it was opened: answers may be wrong then, although each
 * block was checked when it was first used. Saving, compressing, evaluating and
 * laying out a model end with this check; after other questions it is the
 * caller's. To touch a part that was cut off is the signal SIGBUS. A file that
 * is replaced by another of its name does no harm. */
W2B_API w2b_err w2b_model_unchanged(const w2b_model *model, w2b_diag *diag);

/* Writes the `dim` numbers of a row to `vector`. */
W2B_API w2b_err w2b_model_vector(const w2b_model *model, uint64_t row,
                                 float *vector, w2b_diag *diag);

/* Adds up the vector of a word, which need not be in the vocabulary, from those
 * of its parts, as the program that made the model does: fastText the mean,
 * finalfusion a vector of length 1. W2B_ERR_WORD: the model has no vectors of
 * parts (info.subwords is 0), or none of those of the word. */
W2B_API w2b_err w2b_model_compose(const w2b_model *model, const char *word,
                                  size_t length, float *vector,
                                  w2b_diag *diag);

typedef enum w2b_format {
    W2B_FORMAT_AUTO = 0,            /* from the name: .w2b, .bin, .npy, ... */
    W2B_FORMAT_W2B = 1,
    W2B_FORMAT_WORD2VEC_BINARY = 2, /* as word2vec.c writes it */
    W2B_FORMAT_WORD2VEC_TEXT = 3,   /* shortest digits that read back equal */
    W2B_FORMAT_NPY = 4,             /* NumPy, and a file of the words */
    W2B_FORMAT_SAFETENSORS = 5,     /* the same */
    W2B_FORMAT_MODEL2VEC = 6,       /* a folder that Model2Vec and
                                       sentence-transformers load; a row of
                                       zeros for unknown words is added */
    W2B_FORMAT_FINALFUSION = 7,     /* vectors of length 1, and their lengths */
    W2B_FORMAT_GLOVE = 8,           /* word2vec text without its first line */
    W2B_FORMAT_TABLE = 9,           /* the same with tabs; commas are read too */
    /* From here on only read. */
    W2B_FORMAT_FASTTEXT = 64,       /* .bin and .ftz */
    W2B_FORMAT_SIGNS = 65           /* text of near-lossless-binarization */
} w2b_format;

/* The format that the extension of a file's name stands for, W2B_FORMAT_AUTO
 * if none. */
W2B_API w2b_format w2b_format_of_name(const char *path);

typedef struct w2b_save_options {
    size_t size;
    w2b_format format;
    int replace;     /* nonzero: an existing file is replaced */
    uint64_t limit;  /* write at most so many rows; 0 = all */
    w2b_progress_fn progress;
    void *progress_user;
    const char *vocab;  /* where the words go if the format holds vectors only;
                           NULL: NAME.vocab.txt beside NAME.npy */
} w2b_save_options;

W2B_API void w2b_save_defaults(w2b_save_options *options);

/* Writes the model to `path` ("-" is standard output). The file appears
 * under its name whole or not at all: it is written beside it, synced and
 * renamed. `options` may be NULL. */
W2B_API w2b_err w2b_model_save(const w2b_model *model, const char *path,
                               const w2b_save_options *options,
                               w2b_diag *diag);

/* Writes any bytes to `path` in the same way: whole or not at all. */
W2B_API w2b_err w2b_file_write(const char *path, const void *bytes,
                               size_t size, int replace, w2b_diag *diag);

/* Checks every block of the .w2b file at `path` against its checksum, and
 * what the blocks hold against each other (lengths, order, index). */
W2B_API w2b_err w2b_verify(const char *path, w2b_diag *diag);

/* Consecutive rows. */
typedef struct w2b_lost {
    uint64_t first;
    uint64_t n;
} w2b_lost;

typedef struct w2b_repair_report {
    uint64_t words;        /* of the damaged file */
    uint64_t kept;         /* rows of the new one */
    uint64_t counts_lost;  /* of these, rows whose count is 0 now */
    int metadata_lost;
    size_t n_lost;
    w2b_lost *lost;        /* rows that are not kept, rising */
} w2b_repair_report;

/* Writes the rows of a damaged .w2b file that are whole to `out`, a new file
 * (see w2b_model_save), and says which are not: rows whose word or whose codes
 * lie in a damaged block. The index is made anew. W2B_ERR_CORRUPT or
 * W2B_ERR_FORMAT where nothing can be done: without its header and its
 * directory, which stands at the end of the file, and the few bytes that say how
 * codes are to be read, no block has a meaning. Release what the report holds
 * by w2b_repair_report_free. */
W2B_API w2b_err w2b_repair(const char *path, const char *out, int replace,
                           w2b_repair_report *report, w2b_diag *diag);

W2B_API void w2b_repair_report_free(w2b_repair_report *report);

/* ===== Search ============================================================ */

/* Scans a model's codes. It keeps norms and buffers, and belongs to one
 * thread at a time; the model must outlive it. */
typedef struct w2b_search w2b_search;

typedef struct w2b_search_options {
    size_t size;
    uint32_t threads;  /* 0 = all usable processors */
    w2b_isa isa;
    uint64_t first;    /* consider the first so many rows only; 0 = all */
} w2b_search_options;

W2B_API void w2b_search_defaults(w2b_search_options *options);

/* `options` may be NULL. */
W2B_API w2b_err w2b_search_new(const w2b_model *model,
                               const w2b_search_options *options,
                               w2b_search **search, w2b_diag *diag);

W2B_API void w2b_search_free(w2b_search *search);

/* One answer. Answers are ordered by falling score, then by row. */
typedef struct w2b_hit {
    uint64_t row;
    float score;  /* cosine; for W2B_ANALOGY_MUL its product of shifted ones */
} w2b_hit;

/* A question: the sum of weight * vector / |vector| over `terms`, plus
 * `vector` if not NULL. The rows of the terms are never answers. */
typedef struct w2b_term {
    uint64_t row;
    float weight;
} w2b_term;

typedef struct w2b_query {
    const w2b_term *terms;
    size_t n_terms;
    const float *vector;  /* `dim` numbers, or NULL */
} w2b_query;

/* The `k` nearest rows by cosine to each of `n` questions. Row i of `hits`
 * [n][k] holds its answers, `found[i]` (at most k) of them. The answer is
 * exact for the stored codes: a query of one term is computed in the codes'
 * own integers; others are rounded to 16-bit integers first (relative error
 * of a cosine below 2e-4), except against 16- and 32-bit models, which are
 * searched in floating point. */
W2B_API w2b_err w2b_search_nearest(w2b_search *search,
                                   const w2b_query *queries, size_t n,
                                   size_t k, w2b_hit *hits, size_t *found,
                                   w2b_diag *diag);

/* Lets only some rows be answers from now on: row i if bit i % 8 of
 * rows[i / 8] is set. `rows` has (words + 7) / 8 bytes, which are copied; NULL
 * lets all rows be answers again. Questions may be about any row still, and
 * near spellings come from all rows. The answers are the best among the rows
 * that pass, and scanning few of many rows costs little. */
W2B_API w2b_err w2b_search_filter(w2b_search *search, const uint8_t *rows,
                                  w2b_diag *diag);

/* Lets only those rows of the model behind `fine` be answers whose words are
 * the `n` hits of `model`; *missing (may be NULL) says how many of the words
 * the other model lacks. So the many best of a small model are scored again by
 * a large one: ask the same question of `fine` after that. */
W2B_API w2b_err w2b_search_candidates(w2b_search *fine,
                                      const w2b_model *model,
                                      const w2b_hit *hits, size_t n,
                                      size_t *missing, w2b_diag *diag);

typedef enum w2b_analogy {
    W2B_ANALOGY_ADD = 0, /* 3CosAdd: cos(x, b - a + c) */
    W2B_ANALOGY_MUL = 1  /* 3CosMul (Levy and Goldberg 2014): cos(x, b) *
                            cos(x, c) / (cos(x, a) + 0.001), cosines shifted
                            to [0, 1] */
} w2b_analogy;

/* Answers "a is to b as c is to ?" for `n` questions rows[n][3] = {a, b, c},
 * which are never answers themselves. Layout of results as above. */
W2B_API w2b_err w2b_search_analogy(w2b_search *search, w2b_analogy method,
                                   const uint64_t (*rows)[3], size_t n,
                                   size_t k, w2b_hit *hits, size_t *found,
                                   w2b_diag *diag);

/* The cosine of rows a[i] and b[i], for i < n, in the codes' arithmetic.
 * A row of zeros has cosine 0 with everything. */
W2B_API w2b_err w2b_search_similarity(w2b_search *search, const uint64_t *a,
                                      const uint64_t *b, size_t n,
                                      float *cosines, w2b_diag *diag);

/* The odd one out of n >= 3 rows. scores[i] is the cosine of the vector of
 * rows[i] with the sum of the others' unit vectors; *odd is the index of the
 * least one, the first among equals. Rows of zeros have score 0. */
W2B_API w2b_err w2b_search_odd(w2b_search *search, const uint64_t *rows,
                               size_t n, float *scores, size_t *odd,
                               w2b_diag *diag);

/* Up to `max` rows whose words are spelled nearest to `word`, nearest first,
 * more frequent first among equals, within the rows that the search
 * considers. Returns their number. Distance counts insertions, deletions, replacements
 * and swaps of neighbouring bytes; case counts half. */
W2B_API size_t w2b_search_spellings(const w2b_search *search, const char *word,
                                    size_t length, uint64_t *rows,
                                    size_t max);

/* ===== Training ========================================================== */

/* Words and their counts, in falling order of count, then rising order of
 * bytes. */
typedef struct w2b_vocab w2b_vocab;

typedef struct w2b_corpus_options {
    size_t size;
    uint64_t min_count;   /* drop rarer words; default 5 */
    uint64_t max_vocab;   /* keep at most so many candidates while counting:
                             rare ones are dropped as the text goes by, and
                             the number is reported; default 30,000,000 */
    uint32_t max_word;    /* longer words, in bytes, are skipped and counted;
                             default 1000 */
    uint64_t memory;      /* token ids beyond so many bytes go to a file;
                             default 8 GiB */
    const char *spool_dir;/* folder for that file, which has no name; NULL:
                             /var/tmp */
    const char *vocab;    /* read this vocabulary instead of counting; NULL */
    uint32_t threads;     /* 0 = all usable processors */
    w2b_progress_fn progress;
    void *progress_user;
} w2b_corpus_options;

W2B_API void w2b_corpus_defaults(w2b_corpus_options *options);

/* What was read. */
typedef struct w2b_corpus_report {
    uint64_t bytes;       /* of text, after decompression */
    uint64_t lines;
    uint64_t tokens;      /* words read, with repetition, all of them */
    uint64_t kept;        /* tokens whose word is in the vocabulary */
    uint64_t long_words;  /* tokens skipped because they were too long */
    uint64_t pruned;      /* candidates dropped for max_vocab */
    uint64_t words;       /* size of the vocabulary */
    uint64_t checksum;    /* XXH3-64 of the text, after decompression */
    double seconds;
    uint64_t memory;      /* bytes that counting took, without token ids */
} w2b_corpus_report;

/* Counts the words of the files (or "-"): plain text or text under gzip,
 * bzip2, xz or zstd, by content. Words are separated by ASCII white space.
 * `report` may be NULL. */
W2B_API w2b_err w2b_vocab_count(const char *const *paths, size_t n_paths,
                                const w2b_corpus_options *options,
                                w2b_vocab **vocab, w2b_corpus_report *report,
                                w2b_diag *diag);

/* Reads "word count" lines, in any order. */
W2B_API w2b_err w2b_vocab_open(const char *path, w2b_vocab **vocab,
                               w2b_diag *diag);

/* Writes "word count" lines to `path` ("-" is standard output). */
W2B_API w2b_err w2b_vocab_save(const w2b_vocab *vocab, const char *path,
                               int replace, w2b_diag *diag);

W2B_API uint64_t w2b_vocab_size(const w2b_vocab *vocab);

/* Word `i` with its length and count (either may be NULL); NULL past the
 * end. */
W2B_API const char *w2b_vocab_word(const w2b_vocab *vocab, uint64_t i,
                                   size_t *length, uint64_t *count);

W2B_API void w2b_vocab_free(w2b_vocab *vocab);

typedef enum w2b_arch { W2B_ARCH_CBOW = 0, W2B_ARCH_SKIPGRAM = 1 } w2b_arch;

/* An epoch that has ended. */
typedef struct w2b_epoch {
    uint32_t epoch;       /* from 1 */
    uint64_t words;       /* read so far, over all epochs */
    uint64_t windows;     /* whose loss was taken: of every 64th round of blocks,
                             of more of them where the text is short */
    double loss;          /* their mean loss, in nats */
    double rate;          /* learning rate at its end */
    double seconds;       /* of training so far, by all runs */
    double words_per_second; /* of this run */
} w2b_epoch;

/* Comes from the thread that called w2b_train. */
typedef void (*w2b_epoch_fn)(const w2b_epoch *epoch, void *user);

/* Whether vectors are turned to their principal axes in the end, centred, the wide
 * axes drawn in (word2bits/axes.c has the method). */
typedef enum w2b_axes_mode {
    W2B_AXES_AUTO, /* where it makes vectors better: unless bits = 1, and unless
                      they go on from a model of so many numbers */
    W2B_AXES_ON,
    W2B_AXES_OFF
} w2b_axes_mode;

/* The vectors of a window's words, wherever they stand in it, become one. A sum
 * is several times as long as a mean, and wants a lower rate. */
typedef enum w2b_context { W2B_CONTEXT_MEAN, W2B_CONTEXT_SUM } w2b_context;

typedef struct w2b_train_options {
    size_t size;
    w2b_corpus_options corpus; /* its threads and progress serve the training
                                  as well */
    w2b_arch arch;        /* default CBOW */
    uint32_t dim;         /* numbers of a stored vector, 1 to 65536; default
                             208 */
    uint32_t train_dim;   /* numbers of a vector while training, dim or more;
                             more (up to 2048) need axes; 0 = recommended */
    w2b_axes_mode axes;   /* default auto */
    uint32_t window;      /* words to each side, at most; each centre draws
                             its own width from 1 to this; default 8 */
    w2b_context context;  /* what CBOW makes of a window; default mean */
    uint32_t negative;    /* negative samples a centre; default 12 */
    double exponent;      /* they are drawn by their count to this power, -2 to
                             2; default 0.6 */
    uint32_t epochs;      /* passes over the text; default 20 */
    double sample;        /* words more frequent than this share are thinned;
                             0 = none; default 6e-5 */
    double rate;          /* first learning rate, which falls like the root of
                             what is left to do; 0 = the recommended one for
                             the other options */
    uint32_t train_bits;  /* quantizer in the loop, 1 to 8; 0 = none, but what
                             16-bit numbers round off and products leave out:
                             they see the upper 9 bits, or fewer where sums
                             would not fit into 32; default 2 */
    double scale;         /* step of that quantizer; without one, numbers reach
                             8 times this; 0 = recommended */
    uint32_t bits;        /* stored bits a number: 1 to 8, 16 or 32;
                             default 4 */
    uint64_t seed;        /* default 1 */
    w2b_isa isa;
    /* How the work is cut. The result depends on these, never on threads. */
    uint32_t streams;     /* parts of the text worked on side by side, each
                             round one block of each, 1 to 1024; 0 =
                             recommended */
    uint32_t block;       /* centre words a block, 1 to 64; default 32 */
    uint32_t pool;        /* negatives drawn a block and shared by its centres,
                             each weighted negative/pool; 0 = recommended */
    /* A run that can be interrupted. The state goes to a file, whole or not at
     * all, between two rounds of blocks: now and then, when the progress
     * callback stops the run, and at the end. Going on from it gives the same
     * bytes as a run that never stopped. */
    const char *checkpoint;    /* NULL: none */
    double checkpoint_seconds; /* between two; 0: only at stop and end; default
                                  600 */
    uint64_t checkpoint_rounds; /* and after so many rounds; default 0: never.
                                  The callback is asked after each of them
                                  (W2B_STAGE_WRITE) */
    int resume;           /* nonzero: go on from the checkpoint if it exists.
                             The text and all options but `bits`, `dim`, `axes`,
                             those of the machine and those of checkpoints must be as they
                             were */
    int replace_checkpoint; /* nonzero: begin anew though it exists; otherwise
                               that is W2B_ERR_EXISTS */
    /* A model that exists already, or the checkpoint of one, to begin from:
     * its words are kept, with their counts added to those of the text, and
     * new words join if they occur min_count times in it. From a model
     * u begins as a part of its vector and v anew, since it holds no more than
     * both in one, and words that the text lacks keep it; from a checkpoint
     * both are exact. `train_dim` must be that of the model, or 0;
     * `dim` = 0 is that of the model, of a checkpoint the default. */
    const char *update;   /* NULL: begin from nothing */
    w2b_epoch_fn epoch_fn; /* called at the end of each epoch; or NULL */
    void *epoch_user;
} w2b_train_options;

W2B_API void w2b_train_defaults(w2b_train_options *options);

/* Chooses dim and bits for a budget of codes and scales, in bytes a word (4 to
 * 4096). */
W2B_API w2b_err w2b_train_fit_bytes(w2b_train_options *options,
                                    uint32_t bytes_per_word, w2b_diag *diag);

/* NULL if the options can be used, else a sentence that says what cannot. */
W2B_API const char *w2b_train_check(const w2b_train_options *options);

typedef struct w2b_train_report {
    w2b_corpus_report corpus;
    uint64_t windows;        /* centre words trained on, over all epochs */
    double seconds;          /* training alone, earlier runs included */
    double first_loss;       /* mean loss a window, first epoch */
    double last_loss;        /* last epoch */
    uint64_t memory;         /* bytes of latent matrices and buffers */
    uint64_t resumed;        /* words that earlier runs had read, over all
                                epochs; 0 if this one began anew */
    uint64_t old_words;      /* of the vocabulary: from the model to update */
} w2b_train_report;

/* Learns vectors from the files by CBOW or skip-gram with negative sampling
 * and a quantizer in the loop (Word2Bits, Lam 2018), and stores at `bits` what
 * comes of u and v: their sum, or its principal axes. `report` may be NULL.
 * W2B_ERR_DATA: fewer than two words are left in the vocabulary, or the numbers
 * ran away; a checkpoint is then of the time before. W2B_ERR_ARGUMENT: sums of so
 * many bits, over so many numbers or so wide a window, might not fit into 32;
 * 4 bits always do up to a window of 72 and 65536 numbers, 8 up to a window of 8
 * and 2048. W2B_ERR_CANCELLED: if diag->path is not empty, it is the checkpoint,
 * which holds all that was done. */
W2B_API w2b_err w2b_train(const char *const *paths, size_t n_paths,
                          const w2b_train_options *options, w2b_model **model,
                          w2b_train_report *report, w2b_diag *diag);

/* What a run would take, in bytes. */
typedef struct w2b_train_plan {
    w2b_corpus_report corpus;
    uint32_t threads;
    uint64_t matrices;       /* both latent matrices */
    uint64_t vocabulary;     /* words, counts and sampling tables */
    uint64_t ids;            /* the text as numbers, in memory, */
    uint64_t ids_on_disk;    /* or in a file */
    uint64_t streams;        /* buffers of all streams */
    uint64_t thread;         /* buffers of one thread */
    uint64_t base;           /* the model to update */
    uint64_t result;         /* the model at the end, beside the rest */
    uint64_t counting;       /* while the text is read and counted */
    uint64_t program;        /* everything else: a fixed amount, and another a
                                thread */
    uint64_t total;          /* at the most at one time */
    uint64_t model_file;     /* about: words and index may compress */
    uint64_t checkpoint_file;
} w2b_train_plan;

/* Counts the text and says what w2b_train would take with these options. */
W2B_API w2b_err w2b_train_dry(const char *const *paths, size_t n_paths,
                              const w2b_train_options *options,
                              w2b_train_plan *plan, w2b_diag *diag);

/* ----- Phrases ------------------------------------------------------------ */

typedef enum w2b_phrase_score {
    W2B_PHRASE_COUNT = 0, /* word2phrase's: (n(ab) - delta) / (n(a) n(b)) times
                             the number of words (Mikolov et al. 2013) */
    W2B_PHRASE_NPMI = 1   /* normalized pointwise mutual information, -1 to 1:
                             log(p(ab) / (p(a) p(b))) / -log p(ab) (Bouma 2009) */
} w2b_phrase_score;

typedef struct w2b_phrases_options {
    size_t size;
    w2b_corpus_options corpus; /* min_count is of words and of pairs; max_vocab
                                  of both together bounds the memory, about 150
                                  bytes each; default 10,000,000 */
    w2b_phrase_score score;
    double threshold;  /* pairs above it are joined; for word2phrase's score it
                          is halved from one pass to the next, and must be above
                          0; NaN = 100, or 0.5 for NPMI */
    double delta;      /* default 5 */
    uint32_t passes;   /* 1 to 8: each joins two neighbours, so that 2 make
                          phrases of up to four words; default 2 */
} w2b_phrases_options;

W2B_API void w2b_phrases_defaults(w2b_phrases_options *options);

/* Phrases that were found in a text. Never changes: any number of threads may
 * read it. */
typedef struct w2b_phrases w2b_phrases;

/* Reads the files once a pass, so that none of them may be a pipe or "-". Words
 * that hold the byte 0x1f are never joined. W2B_ERR_DATA: no word is frequent
 * enough. */
W2B_API w2b_err w2b_phrases_find(const char *const *paths, size_t n_paths,
                                 const w2b_phrases_options *options,
                                 w2b_phrases **phrases, w2b_diag *diag);

W2B_API void w2b_phrases_free(w2b_phrases *phrases);

typedef struct w2b_phrase {
    const char *text;  /* joined with _, a zero byte behind; owned by phrases */
    size_t length;
    double score;
    uint64_t count;    /* of the pair, before any was joined in its pass */
    uint32_t pass;     /* from 1 */
} w2b_phrase;

/* Passes in order, then falling score, then rising bytes. */
W2B_API uint64_t w2b_phrases_size(const w2b_phrases *phrases);
W2B_API int w2b_phrases_at(const w2b_phrases *phrases, uint64_t i,
                           w2b_phrase *phrase);

typedef struct w2b_phrases_report {
    uint64_t words;    /* read */
    uint64_t joined;   /* fewer were written */
    uint64_t bytes;    /* written */
    double seconds;
} w2b_phrases_report;

/* Writes the text of the files to `path` ("-" is standard output) with its
 * phrases joined by _: in each line from left to right, pass after pass. One
 * space divides words; lines stay lines. `options` gives threads, the longest
 * word and progress; `report` may be NULL. */
W2B_API w2b_err w2b_phrases_write(const w2b_phrases *phrases,
                                  const char *const *paths, size_t n_paths,
                                  const w2b_corpus_options *options,
                                  const char *path, int replace,
                                  w2b_phrases_report *report, w2b_diag *diag);

/* ===== Compression ======================================================= */

typedef struct w2b_quantize_options {
    size_t size;
    uint32_t bits;       /* 1 to 8, 16 or 32; default 4 */
    const char *method;  /* a name of the list below, or "auto": of all of them
                            the one with the smallest error on a sample of rows;
                            NULL: of the quick ones. 16 and 32 bits ignore it */
    uint32_t threads;    /* 0 = all usable processors */
    w2b_progress_fn progress;
    void *progress_user;
    uint64_t seed;       /* of samples, rotations and what is learned;
                            default 1 */
    uint32_t bytes_per_word; /* codes and scale of a word in so many bytes at
                            most: takes the place of bits; 0 */
    int prune;           /* nonzero: the budget of bytes_per_word for all words
                            may be spent on the first ones, which should be the
                            frequent ones, in more bits; the others are left
                            out. As many are kept as keep most of the vectors'
                            energy, words weighted by their counts */
} w2b_quantize_options;

/* Methods for 1 to 8 bits a number. Codes of the quick ones are made and
 * searched fastest.
 *
 *   gauss            quick: levels for a normal distribution (Lloyd-Max), a
 *                    scale a row
 *   uniform          quick: levels at equal distances, the clip of least error
 *   gauss-rotated    quick: the same two, rows turned by a random rotation: for
 *   uniform-rotated  vectors a few of whose numbers are far larger than others
 *   kmeans           quick: levels learned from the file
 *   rabitq           a grid after a random rotation (Gao et al. 2025); cosines
 *                    with a query's vector are free of bias, and may exceed 1
 *   pq               parts of the row, 256 learned centroids each (Jegou et al.
 *                    2011)
 *   opq              the same after a learned rotation (Ge et al. 2013): much
 *                    less error where numbers hang together; a minute to learn
 *   transform        the file's own principal axes, bits where the variance is,
 *                    entropy coding: the least error; slower to search */

W2B_API void w2b_quantize_defaults(w2b_quantize_options *options);

/* What methods lose on a sample of rows. */
#define W2B_TRIALS_MAX 16
typedef struct w2b_trials {
    uint32_t n;            /* 0: there was nothing to choose */
    uint32_t rows;
    struct {
        const char *method;
        double squared_error; /* as below */
    } of[W2B_TRIALS_MAX];
} w2b_trials;

/* What it cost. */
typedef struct w2b_quantize_report {
    const char *method;    /* the one used */
    w2b_trials trials;     /* by which it was chosen */
    double bytes_before;   /* a word, codes and scales */
    double bytes_after;
    uint64_t params;       /* bytes for the whole file beside these: rotations,
                              codebooks */
    double squared_error;  /* sum |x - x'|^2 / sum |x|^2 */
    double mean_cosine;    /* of a row before and after */
    double worst_cosine;
    uint64_t subwords;     /* vectors of parts of words that were left behind */
} w2b_quantize_report;

/* Makes a model of the same words at other bits. `report` may be NULL. */
W2B_API w2b_err w2b_model_quantize(const w2b_model *model,
                                   const w2b_quantize_options *options,
                                   w2b_model **quantized,
                                   w2b_quantize_report *report,
                                   w2b_diag *diag);

/* ===== Evaluation ======================================================== */

typedef enum w2b_test_kind {
    W2B_TEST_SIMILARITY = 0, /* two words and a human score a line */
    W2B_TEST_ANALOGY = 1,    /* a is to b as c is to d, in sections */
    W2B_TEST_CATEGORIES = 2, /* a word and its category a line */
    W2B_TEST_ODD = 3         /* groups of words, one of which does not fit */
} w2b_test_kind;

/* A test set in memory. */
typedef struct w2b_testset w2b_testset;

/* Reads a test set; kind and form are found from the content. Fields are
 * divided by tabs, commas or spaces, with or without a header, line ends are of
 * either kind, lines that begin with # are skipped. Forms:
 *
 *   similarity  two words and a score, the WordSim-353, MEN, RW, RG-65,
 *               SimLex-999 files as published
 *   analogies   four words a line and ": section" lines (Google); a table
 *               with the titles word1, word2, word3, target, and type (MSR);
 *               "word<TAB>answer/answer" lines (BATS), all ordered pairs of
 *               which are questions, the first known answer being b, and
 *               every answer of the other line right
 *   categories  a table with the titles word and category, lines without a
 *               word being skipped (AP); or two fields a line, of which the
 *               second is the category and recurs
 *   odd         one word a line: the words that belong together, an empty
 *               line, the words that do not, each of which makes a question
 *               (8-8-8, WikiSem500); or three words a line at the least, the
 *               odd one with a * in front
 *
 * A folder is one set, whose files *.txt (but README*), in sub-folders too,
 * are its sections; they must be of the BATS form or odd-one-out sets. */
W2B_API w2b_err w2b_testset_open(const char *path, w2b_testset **set,
                                 w2b_diag *diag);

W2B_API w2b_test_kind w2b_testset_kind(const w2b_testset *set);

/* Items: pairs, questions, words in categories. */
W2B_API uint64_t w2b_testset_size(const w2b_testset *set);

/* Bytes, and XXH3-64 of them, after decompression; of a folder those of its
 * files in the order of their names. */
W2B_API uint64_t w2b_testset_bytes(const w2b_testset *set);
W2B_API uint64_t w2b_testset_checksum(const w2b_testset *set);

W2B_API void w2b_testset_free(w2b_testset *set);

/* "similarity", "analogy", "categories", "odd"; NULL: no such kind. */
W2B_API const char *w2b_test_kind_name(w2b_test_kind kind);

typedef struct w2b_eval_options {
    size_t size;
    w2b_analogy method;
    int keep_case;  /* nonzero: words of the test set are looked up as they
                       are; else as they are, then in lower case */
    uint32_t resamples; /* of the bootstrap; default 1000, at most 100,000;
                           0: no intervals */
    uint32_t restarts;  /* of k-means; default 10, at most 1000 */
    uint64_t seed;      /* of both; default 1 */
    w2b_progress_fn progress;
    void *progress_user;
} w2b_eval_options;

W2B_API void w2b_eval_defaults(w2b_eval_options *options);

/* 95% of the resamples lie between the two; NaN where there is none. */
typedef struct w2b_interval {
    double low;
    double high;
} w2b_interval;

/* Questions of one section, or words of one category. */
typedef struct w2b_section {
    const char *name;   /* owned by the result; "" if the set has none */
    uint64_t questions; /* in the file */
    uint64_t used;      /* all words needed are within the searched rows */
    uint64_t correct;
    w2b_interval interval; /* of correct / used */
} w2b_section;

/* The score of a set: Spearman's correlation, or a share: of the questions
 * answered right, or of the words that are in the category that their cluster
 * has most of (purity, by k-means over unit vectors with as many clusters as
 * there are categories, the best of some restarts).
 *
 * Intervals are percentiles of a bootstrap. What is drawn is what was drawn
 * by those who made the set: pairs, words, groups; of analogies the word pairs
 * that questions are made from, within each section, since the questions that
 * share a pair stand or fall together (an interval that took 19,544 questions
 * for so many independent ones would be far too narrow). A question counts
 * as often as both of its pairs were drawn. Where all answers are right, or
 * none is, resamples are all the same, and the interval is Wilson's for so many
 * questions as there are pairs, words or groups. Clusters are found once, and what
 * category each stands for; the intervals do not know that both are chance. */
typedef struct w2b_eval_result {
    w2b_test_kind kind;
    uint64_t items;    /* in the file */
    uint64_t used;     /* of which all words needed are known */
    double score;
    w2b_interval interval;
    double spearman;   /* similarity, over the used pairs, ties averaged */
    double pearson;
    double spearman_all; /* pairs with an unknown word count with the mean
                            cosine of the used ones */
    uint64_t correct;  /* the other kinds */
    size_t n_sections;
    w2b_section *sections;
    w2b_section semantic;  /* sums of sections; syntactic are those named */
    w2b_section syntactic; /* gram... (Google) and I.. or D.. (BATS) */
    float *outcomes;   /* [items] similarity: cosine; else 1 right, 0 wrong;
                          NaN for items that were not used */
} w2b_eval_result;

/* Scores the model behind `search` on `set`; the rows that the search
 * considers are the vocabulary. Release with w2b_eval_result_free.
 * W2B_ERR_CORRUPT if a block of the model that is needed is damaged. */
W2B_API w2b_err w2b_eval(w2b_search *search, const w2b_testset *set,
                         const w2b_eval_options *options,
                         w2b_eval_result *result, w2b_diag *diag);

/* Releases what `result` holds, not the struct itself. NULL is fine. */
W2B_API void w2b_eval_result_free(w2b_eval_result *result);

/* Two models on one set. */
typedef struct w2b_eval_difference {
    uint64_t common;   /* items that both used: the ones compared */
    double first;      /* the scores on these */
    double second;
    double difference; /* second - first */
    w2b_interval interval; /* of the difference, by paired bootstrap */
    int significant;   /* nonzero: the interval does not hold 0 */
} w2b_eval_difference;

/* Compares results of two models on `set` by drawing the same items for both,
 * as above. `options` says resamples and seed, and may be NULL. */
W2B_API w2b_err w2b_eval_compare(const w2b_testset *set,
                                 const w2b_eval_result *first,
                                 const w2b_eval_result *second,
                                 const w2b_eval_options *options,
                                 w2b_eval_difference *difference,
                                 w2b_diag *diag);

/* ===== Comparison ======================================================== */

typedef struct w2b_compare_options {
    size_t size;
    uint64_t first;      /* look at the first so many rows of both; 0 = all */
    uint32_t queries;    /* words whose neighbours are compared, drawn from the
                            common ones; default 1000; 0: none */
    uint32_t neighbors;  /* of each; 1 to 1000; default 10 */
    uint32_t resamples;  /* of the bootstrap; default 1000; 0: no interval */
    uint64_t seed;       /* default 1 */
    uint32_t threads;    /* 0 = all usable processors */
    w2b_isa isa;
    int no_eigenspace;   /* nonzero: leave it out, as it takes the longest */
} w2b_compare_options;

W2B_API void w2b_compare_defaults(w2b_compare_options *options);

/* What the second model has kept of the first. Numbers that do not apply are
 * NaN: those on vectors if the models' dimensions differ. */
typedef struct w2b_compare_report {
    uint64_t common;       /* words that both have */
    uint64_t only_first;
    uint64_t only_second;
    double squared_error;  /* sum |x - y|^2 / sum |x|^2 over the common words */
    double scaled_error;   /* the same with `scale` * y for y, */
    double scale;          /* which is best for all of them */
    double mean_cosine;    /* of x and y */
    double worst_cosine;
    uint64_t worst_row;    /* of the first model; UINT64_MAX if none */
    double overlap;        /* mean share of the nearest common words of a word
                              in the first model that are so in the second */
    w2b_interval interval; /* of that, by bootstrap over the words */
    uint64_t queries;      /* words that were asked about */
    uint32_t neighbors;
    double eigenspace;     /* eigenspace overlap (May et al. 2019) of, at most,
                              20,000 common words: 1 where each is a linear map
                              of the other, whatever the map */
} w2b_compare_report;

/* Compares two models by the words that they have in common. `options` may be
 * NULL. W2B_ERR_DATA: there are none. */
W2B_API w2b_err w2b_compare(const w2b_model *first, const w2b_model *second,
                            const w2b_compare_options *options,
                            w2b_compare_report *report, w2b_diag *diag);

/* ===== Maps ============================================================== */

/* The most frequent words laid out in the plane, alike ones near to each
 * other, for people to look at. */
typedef struct w2b_map w2b_map;

typedef struct w2b_map_options {
    size_t size;
    uint64_t words;       /* the first so many rows, 1 to 100,000, or all if
                             there are fewer; default 2000 */
    uint32_t neighbors;   /* nearest words kept with each, by cosine of their
                             vectors, among those of the map; at most 100;
                             default 10 */
    double perplexity;    /* about how many neighbours a word is kept close
                             to, 2 to 100; default 30 */
    uint32_t iterations;  /* of t-SNE, at most 100,000; 0 leaves the words
                             where their principal components are; default
                             750 */
    uint64_t seed;        /* default 1 */
    uint32_t threads;     /* 0 = all usable processors */
    w2b_isa isa;
    w2b_progress_fn progress;
    void *progress_user;
} w2b_map_options;

W2B_API void w2b_map_defaults(w2b_map_options *options);

/* Lays the first rows of the model out: principal components of the vectors at
 * length 1, then t-SNE (van der Maaten 2014) over the graph of their
 * 3 * perplexity nearest neighbours, which are found exactly. About 2 s of two
 * processors for 2000 words of 300 numbers, 20 s for 20,000; memory for the
 * vectors as floats and 100 * perplexity bytes a word. `options` may be NULL.
 * The model must outlive the map. */
W2B_API w2b_err w2b_map_new(const w2b_model *model,
                            const w2b_map_options *options, w2b_map **map,
                            w2b_diag *diag);

W2B_API void w2b_map_free(w2b_map *map);

/* The number of its words, which are rows 0, 1, ... of the model. */
W2B_API uint64_t w2b_map_size(const w2b_map *map);

/* The position of a row in `xy`: both numbers are in [-1, 1], and the words
 * reach both ends of the longer side. Returns the number of its neighbours,
 * nearest first, which the map owns: up to `neighbors` of the options. -1, and
 * nothing stored, if the row is not on the map. `hits` may be NULL. */
W2B_API int w2b_map_at(const w2b_map *map, uint64_t row, float xy[2],
                       const w2b_hit **hits);

typedef enum w2b_map_format {
    W2B_MAP_HTML = 0,  /* one page that needs nothing else: move, zoom,
                          search, neighbours */
    W2B_MAP_SVG = 1    /* a still picture, most frequent words labelled */
} w2b_map_format;

/* Writes the map to `path` as w2b_model_save does; `title`, in UTF-8, heads
 * it. Bytes of words that are not UTF-8 become U+FFFD. */
W2B_API w2b_err w2b_map_save(const w2b_map *map, const char *path,
                             w2b_map_format format, const char *title,
                             int replace, w2b_diag *diag);

/* Writes the first `words` rows (0 = all) for the TensorFlow Embedding
 * Projector: vectors, divided by tabs, to `vectors_path`; words, with their
 * counts if the model has some, to `words_path`. Tabs in words become spaces,
 * bytes that are not UTF-8 U+FFFD. Neither file appears unless both could be
 * written. */
W2B_API w2b_err w2b_projector_save(const w2b_model *model, uint64_t words,
                                   const char *vectors_path,
                                   const char *words_path, int replace,
                                   w2b_diag *diag);

/* ===== Versions, instruction sets ======================================== */

/* "0.1.0" */
W2B_API const char *w2b_version(void);

/* Compiler, features and library versions, e.g. "gcc 12.2.0, OpenMP, zstd
 * 1.5.4": for bug reports. */
W2B_API const char *w2b_build(void);

/* The best instruction set of this CPU that this build has kernels for. */
W2B_API w2b_isa w2b_isa_best(void);

/* "auto", "scalar", "avx2", "avx512"; NULL if there is no such value. */
W2B_API const char *w2b_isa_name(w2b_isa isa);

/* Processors that this process may use: affinity and cgroup limits
 * respected. At least 1. */
W2B_API uint32_t w2b_processors(void);

#ifdef __cplusplus
}
#endif

#endif /* W2B_H */

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
    double loss;       /* training: mean loss a window of late, else 0 */
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
} w2b_open_options;

W2B_API void w2b_open_defaults(w2b_open_options *options);

/* Opens `path` ("-" is standard input) in any readable format, which is found
 * from the content: .w2b, word2vec binary, word2vec text; the foreign ones
 * also under gzip, bzip2, xz or zstd. A .w2b file is mapped: opening reads
 * its directory only, and each block is checked when it is first used. The
 * foreign formats become 32-bit vectors in memory. `options` may be NULL. */
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
    const char *method;     /* "gauss", "uniform", "half", "float" */
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

/* How often the word occurred in the training text; 0 if not known. */
W2B_API uint64_t w2b_model_count(const w2b_model *model, uint64_t row);

/* Writes the `dim` numbers of a row to `vector`. */
W2B_API w2b_err w2b_model_vector(const w2b_model *model, uint64_t row,
                                 float *vector, w2b_diag *diag);

typedef enum w2b_format {
    W2B_FORMAT_AUTO = 0,            /* from the name: .w2b, .bin, .txt, .vec */
    W2B_FORMAT_W2B = 1,
    W2B_FORMAT_WORD2VEC_BINARY = 2, /* as word2vec.c writes it */
    W2B_FORMAT_WORD2VEC_TEXT = 3    /* shortest digits that read back equal */
} w2b_format;

typedef struct w2b_save_options {
    size_t size;
    w2b_format format;
    int replace;     /* nonzero: an existing file is replaced */
    uint64_t limit;  /* write at most so many rows; 0 = all */
    w2b_progress_fn progress;
    void *progress_user;
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

typedef struct w2b_train_options {
    size_t size;
    w2b_corpus_options corpus; /* its threads and progress serve the training
                                  as well */
    w2b_arch arch;        /* default CBOW */
    uint32_t dim;         /* numbers a vector, 1 to 65536; default 416 */
    uint32_t window;      /* words to each side, at most; each centre draws
                             its own width from 1 to this; default 8 */
    uint32_t negative;    /* negative samples a centre; default 12 */
    uint32_t epochs;      /* passes over the text; default 5 */
    double sample;        /* words more frequent than this share are thinned;
                             0 = none; default 1e-4 */
    double rate;          /* first learning rate, falling linearly; 0 = the
                             recommended one for the other options */
    uint32_t train_bits;  /* quantizer in the loop, 1 to 8; 0 = none;
                             default 1 */
    double scale;         /* step of that quantizer; 0 = recommended */
    uint32_t bits;        /* stored bits a number: 1 to 8, 16 or 32;
                             default 2 */
    uint64_t seed;        /* default 1 */
    w2b_isa isa;
    /* How the work is cut. The result depends on these, never on threads. */
    uint32_t streams;     /* parts of the text worked on side by side, each
                             round one block of each, 1 to 1024; 0 =
                             recommended */
    uint32_t block;       /* centre words a block, 1 to 64; default 32 */
    uint32_t pool;        /* negatives drawn a block and shared by its centres,
                             each weighted negative/pool; 0 = recommended */
} w2b_train_options;

W2B_API void w2b_train_defaults(w2b_train_options *options);

/* Chooses dim, bits and train_bits for a budget of codes and scales, in bytes
 * a word (4 to 4096). */
W2B_API w2b_err w2b_train_fit_bytes(w2b_train_options *options,
                                    uint32_t bytes_per_word, w2b_diag *diag);

/* NULL if the options can be used, else a sentence that says what cannot. */
W2B_API const char *w2b_train_check(const w2b_train_options *options);

typedef struct w2b_train_report {
    w2b_corpus_report corpus;
    uint64_t windows;        /* centre words trained on, over all epochs */
    double seconds;          /* training alone */
    double first_loss;       /* mean loss a window, first epoch */
    double last_loss;        /* last epoch */
    uint64_t memory;         /* bytes of latent matrices and buffers */
} w2b_train_report;

/* Learns vectors from the files by CBOW or skip-gram with negative sampling
 * and a quantizer in the loop (Word2Bits, Lam 2018), and stores u + v at
 * `bits`. `report` may be NULL. W2B_ERR_DATA: fewer than two words are left
 * in the vocabulary, or the numbers ran away. */
W2B_API w2b_err w2b_train(const char *const *paths, size_t n_paths,
                          const w2b_train_options *options, w2b_model **model,
                          w2b_train_report *report, w2b_diag *diag);

/* ===== Compression ======================================================= */

typedef struct w2b_quantize_options {
    size_t size;
    uint32_t bits;       /* 1 to 8, 16 or 32; default 4 */
    const char *method;  /* "gauss", "uniform"; NULL = the smaller error.
                            16 and 32 bits ignore it */
    uint32_t threads;    /* 0 = all usable processors */
    w2b_progress_fn progress;
    void *progress_user;
} w2b_quantize_options;

W2B_API void w2b_quantize_defaults(w2b_quantize_options *options);

/* What it cost. */
typedef struct w2b_quantize_report {
    const char *method;    /* the one used */
    double bytes_before;   /* a word, codes and scales */
    double bytes_after;
    double squared_error;  /* sum |x - x'|^2 / sum |x|^2 */
    double mean_cosine;    /* of a row before and after */
    double worst_cosine;
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

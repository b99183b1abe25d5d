/*
 * container.c - reading the outer form of a .w2b file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "io/checksum.h"
#include "io/container.h"
#include "io/format.h"
#include "io/little.h"

struct w2b_container {
    w2b_image image;
    char *path;
    uint64_t directory, checksum;
    w2b_checksum_fn sum;
    size_t n_sections;
    w2b_chunk *sections;
    size_t n_cells;
    /* One a block of the file. A pointer into the image is a raw block that
     * has been checked; any other is memory that belongs to the container. */
    _Atomic(void *) *cells;
};

const char *w2b_kind_name(uint32_t kind)
{
    static const char *const names[] = {
        [W2B_KIND_SHAPE] = "shape",
        [W2B_KIND_META] = "metadata",
        [W2B_KIND_LEVELS] = "levels",
        [W2B_KIND_STARTS] = "index starts",
        [W2B_KIND_MARKS] = "index marks",
        [W2B_KIND_ROWS] = "index rows",
        [W2B_KIND_WORDS] = "words",
        [W2B_KIND_COUNTS] = "counts",
        [W2B_KIND_SCALES] = "scales",
        [W2B_KIND_CODES] = "codes",
        [W2B_KIND_PARAMS] = "parameters",
    };
    const size_t n = sizeof names / sizeof *names;
    return kind < n && names[kind] ? names[kind] : "unknown";
}

static w2b_err map_file(int fd, const char *path, w2b_image *image, w2b_diag *diag)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return w2b_fail_sys(diag, path, errno, "cannot look at");
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > SIZE_MAX)
        return w2b_fail_at(diag, W2B_ERR_IO, path, W2B_NOWHERE, W2B_NOWHERE, "cannot be mapped");
    if (st.st_size == 0)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, path, W2B_NOWHERE, 0, "not a .w2b file: empty");
    void *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return w2b_fail_sys(diag, path, errno, "cannot map");
    *image = (w2b_image){.bytes = bytes, .size = (size_t)st.st_size, .mapped = 1, .fd = fd,
                         .seconds = st.st_mtim.tv_sec, .nanoseconds = st.st_mtim.tv_nsec};
    return W2B_OK;
}

w2b_err w2b_image_map(const char *path, w2b_image *image, w2b_diag *diag)
{
    int fd;
    do {
        fd = open(path, O_RDONLY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return w2b_fail_sys(diag, path, errno, "cannot open");
    const w2b_err err = map_file(fd, path, image, diag);
    if (err)
        close(fd);
    return err;
}

void w2b_image_free(w2b_image *image)
{
    if (image->mapped) {
        munmap((void *)(uintptr_t)image->bytes, image->size);
        close(image->fd);
    } else {
        w2b_free((void *)(uintptr_t)image->bytes);
    }
    *image = (w2b_image){0};
}

/* ----- Opening ------------------------------------------------------------ */

w2b_err w2b_container_malformed(const w2b_container *container, const char *why, w2b_diag *diag)
{
    return w2b_fail_at(diag, W2B_ERR_FORMAT, container->path, W2B_NOWHERE, W2B_NOWHERE, "%s", why);
}

static w2b_err at_header(const w2b_container *container, w2b_err code, size_t offset,
                         const char *why, w2b_diag *diag)
{
    return w2b_fail_at(diag, code, container->path, W2B_NOWHERE, offset, "%s", why);
}

/* The checksum comes before the fields, so that a flipped bit is called damage
 * and not a strange version. */
static w2b_err check_header(w2b_container *container, w2b_diag *diag)
{
    const uint8_t *head = container->image.bytes;
    const uint64_t size = container->image.size;
    if (size < W2B_MAGIC_SIZE || memcmp(head, W2B_MAGIC, W2B_MAGIC_SIZE) != 0)
        return at_header(container, W2B_ERR_FORMAT, 0, "not a .w2b file", diag);
    if (size < W2B_HEADER_SIZE)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, container->path, W2B_NOWHERE, size,
                           "truncated within the header of %d bytes", W2B_HEADER_SIZE);
    if (XXH3_64bits(head, W2B_HEADER_HASH) != w2b_get_u64(head + W2B_HEADER_HASH))
        return at_header(container, W2B_ERR_CORRUPT, 0,
                         "the header is damaged: its checksum does not match", diag);
    if (w2b_get_u16(head + W2B_HEADER_MAJOR) != W2B_VERSION_FORMAT)
        return w2b_fail_at(diag, W2B_ERR_VERSION, container->path, W2B_NOWHERE, W2B_HEADER_MAJOR,
                           "version %u of the format; this program reads version %d",
                           w2b_get_u16(head + W2B_HEADER_MAJOR), W2B_VERSION_FORMAT);
    if (w2b_get_u32(head + W2B_HEADER_FLAGS) != 0 || w2b_get_u64(head + W2B_HEADER_RESERVED) != 0)
        return at_header(container, W2B_ERR_VERSION, W2B_HEADER_FLAGS,
                         "the header has flags that this program does not know", diag);

    const uint64_t file_size = w2b_get_u64(head + W2B_HEADER_FILE_SIZE);
    if (file_size != size)
        return w2b_fail_at(diag, W2B_ERR_FORMAT, container->path, W2B_NOWHERE,
                           W2B_HEADER_FILE_SIZE,
                           "%s: the header says %llu bytes, the file has %llu",
                           file_size > size ? "truncated" : "too long",
                           (unsigned long long)file_size, (unsigned long long)size);
    const uint64_t offset = w2b_get_u64(head + W2B_HEADER_DIRECTORY);
    const uint64_t directory_size = w2b_get_u64(head + W2B_HEADER_DIRECTORY_SIZE);
    if (offset < W2B_HEADER_SIZE || offset > size || directory_size != size - offset ||
        directory_size < W2B_DIRECTORY_HEAD)
        return at_header(container, W2B_ERR_FORMAT, W2B_HEADER_DIRECTORY,
                         "the directory does not lie at the end of the file", diag);
    container->directory = offset;
    container->checksum = w2b_get_u64(head + W2B_HEADER_DIRECTORY_HASH);
    if (XXH3_64bits(head + offset, directory_size) != container->checksum)
        return at_header(container, W2B_ERR_CORRUPT, offset,
                         "the directory is damaged: its checksum does not match", diag);
    return W2B_OK;
}

/* Where a section or the directory begins that follows `offset`. */
static uint64_t align_up(uint64_t offset)
{
    return (offset + W2B_SECTION_ALIGN - 1) / W2B_SECTION_ALIGN * W2B_SECTION_ALIGN;
}

static size_t entry_stored(const uint8_t *entry)
{
    return w2b_get_u32(entry + 8);
}

static size_t entry_raw(const uint8_t *entry)
{
    return w2b_get_u32(entry + 12);
}

/* Every offset follows from the sizes before it, so nothing can overlap. Only
 * sums of sizes that the file has bytes for are formed. */
static const char *check_blocks(w2b_chunk *section, uint64_t limit)
{
    uint64_t offset = section->begin;
    uint64_t raw_left = section->raw_size;
    for (uint64_t i = 0; i < section->blocks; i++) {
        const uint8_t *entry = section->entries + i * W2B_BLOCK_ENTRY;
        const size_t stored = entry_stored(entry), raw = entry_raw(entry);
        if (w2b_get_u64(entry) != offset)
            return "a block is not where it should be";
        if (raw == 0 || raw > W2B_BLOCK_LIMIT || stored == 0 || stored > raw || raw > raw_left)
            return "a block has an impossible size";
        if (section->block_size != 0 && raw != section->block_size &&
            !(i + 1 == section->blocks && raw < section->block_size))
            return "a block has a different size from the others of its section";
        if (offset > limit || stored > limit - offset)
            return "a block reaches beyond the end of the sections";
        offset += stored;
        raw_left -= raw;
    }
    if (raw_left != 0)
        return "the blocks of a section do not add up to its size";
    section->end = offset;
    section->stored_size = offset - section->begin;
    return NULL;
}

/* Also counts the blocks, of which each has an entry in the directory: what is
 * allocated for them later is a part of the file's size. */
static const char *read_sections(w2b_container *container)
{
    const uint8_t *at = container->image.bytes + container->directory;
    uint64_t left = container->image.size - container->directory - W2B_DIRECTORY_HEAD;
    uint64_t offset = W2B_HEADER_SIZE;
    if (w2b_get_u32(at + 4) != 0)
        return "a reserved field of the directory is not zero";
    at += W2B_DIRECTORY_HEAD;
    for (size_t i = 0; i < container->n_sections; i++) {
        w2b_chunk *section = &container->sections[i];
        if (left < W2B_SECTION_ENTRY)
            return "the directory ends too early";
        section->kind = w2b_get_u32(at);
        section->encoding = w2b_get_u32(at + 4);
        section->raw_size = w2b_get_u64(at + 8);
        section->block_size = w2b_get_u32(at + 16);
        section->blocks = w2b_get_u64(at + 24);
        if (w2b_get_u32(at + 20) != 0)
            return "a reserved field of the directory is not zero";
        at += W2B_SECTION_ENTRY;
        left -= W2B_SECTION_ENTRY;
        if (section->blocks > left / W2B_BLOCK_ENTRY)
            return "the directory ends too early";
        if (section->block_size > W2B_BLOCK_LIMIT)
            return "a section has blocks beyond the limit of the format";
        for (size_t j = 0; j < i; j++)
            if (container->sections[j].kind == section->kind)
                return "a section occurs twice";
        section->entries = at;
        section->first_cell = container->n_cells;
        section->begin = align_up(offset);
        const char *why = check_blocks(section, container->directory);
        if (why)
            return why;
        offset = section->end;
        container->n_cells += (size_t)section->blocks;
        at += section->blocks * W2B_BLOCK_ENTRY;
        left -= section->blocks * W2B_BLOCK_ENTRY;
    }
    if (left != 0)
        return "the directory goes on after its last section";
    return align_up(offset) == container->directory ? NULL
                                                    : "the directory is not where it should be";
}

static w2b_err read_directory(w2b_container *container, w2b_diag *diag)
{
    const uint8_t *directory = container->image.bytes + container->directory;
    const uint32_t n = w2b_get_u32(directory);
    if (n > W2B_SECTION_LIMIT)
        return at_header(container, W2B_ERR_FORMAT, container->directory,
                         "more sections than the format allows", diag);
    container->n_sections = n;
    container->sections = w2b_alloc_zero(n, sizeof *container->sections);
    if (!container->sections)
        return w2b_fail_memory(diag, n * sizeof *container->sections, "sections");
    const char *why = read_sections(container);
    if (why)
        return at_header(container, W2B_ERR_FORMAT, container->directory, why, diag);
    container->cells = w2b_alloc_zero(container->n_cells, sizeof *container->cells);
    if (!container->cells)
        return w2b_fail_memory(diag, container->n_cells * sizeof *container->cells,
                               "a table of blocks");
    return W2B_OK;
}

w2b_err w2b_container_open(w2b_image *image, const char *path, w2b_container **out,
                           w2b_diag *diag)
{
    w2b_container *container = w2b_alloc_zero(1, sizeof *container);
    const size_t path_size = strlen(path) + 1;
    char *copy = w2b_alloc(path_size, 1);
    if (!container || !copy) {
        w2b_free(container);
        w2b_free(copy);
        w2b_image_free(image);
        return w2b_fail_memory(diag, sizeof *container + path_size, "a container");
    }
    memcpy(copy, path, path_size);
    container->path = copy;
    container->sum = w2b_checksum_best();
    container->image = *image;
    *image = (w2b_image){0};
    w2b_err err = check_header(container, diag);
    if (!err)
        err = read_directory(container, diag);
    if (err) {
        w2b_container_free(container);
        return err;
    }
    *out = container;
    return W2B_OK;
}

/* A file that is replaced, or removed, stays as it was while it is mapped. */
w2b_err w2b_container_unchanged(const w2b_container *container, w2b_diag *diag)
{
    const w2b_image *image = &container->image;
    struct stat st;
    if (!image->mapped)
        return W2B_OK;
    if (fstat(image->fd, &st) != 0)
        return w2b_fail_sys(diag, container->path, errno, "cannot look at");
    if ((uint64_t)st.st_size == image->size && st.st_mtim.tv_sec == image->seconds &&
        st.st_mtim.tv_nsec == image->nanoseconds)
        return W2B_OK;
    return w2b_fail_at(diag, W2B_ERR_CORRUPT, container->path, W2B_NOWHERE, W2B_NOWHERE,
                       "the file was changed while it was in use");
}

static int within_image(const w2b_container *container, const void *p)
{
    const uintptr_t at = (uintptr_t)p, begin = (uintptr_t)container->image.bytes;
    return at >= begin && at - begin < container->image.size;
}

void w2b_container_free(w2b_container *container)
{
    if (!container)
        return;
    for (size_t i = 0; container->cells && i < container->n_cells; i++) {
        void *kept = atomic_load_explicit(&container->cells[i], memory_order_relaxed);
        if (kept && !within_image(container, kept))
            w2b_free(kept);
    }
    w2b_free(container->cells);
    w2b_free(container->sections);
    w2b_free(container->path);
    w2b_image_free(&container->image);
    w2b_free(container);
}

/* ----- Looking ------------------------------------------------------------ */

const char *w2b_container_path(const w2b_container *container)
{
    return container->path;
}

const w2b_image *w2b_container_image(const w2b_container *container)
{
    return &container->image;
}

uint64_t w2b_container_checksum(const w2b_container *container)
{
    return container->checksum;
}

uint64_t w2b_container_directory(const w2b_container *container)
{
    return container->directory;
}

size_t w2b_container_sections(const w2b_container *container)
{
    return container->n_sections;
}

const w2b_chunk *w2b_container_at(const w2b_container *container, size_t i)
{
    return &container->sections[i];
}

const w2b_chunk *w2b_container_find(const w2b_container *container, uint32_t kind)
{
    for (size_t i = 0; i < container->n_sections; i++)
        if (container->sections[i].kind == kind)
            return &container->sections[i];
    return NULL;
}

/* ----- Blocks ------------------------------------------------------------- */

w2b_err w2b_container_damaged(const w2b_container *container, const w2b_chunk *section,
                              uint64_t block, const char *why, w2b_diag *diag)
{
    const uint64_t offset = w2b_get_u64(section->entries + block * W2B_BLOCK_ENTRY);
    return w2b_fail_at(diag, W2B_ERR_CORRUPT, container->path, W2B_NOWHERE, offset,
                       "block %llu of the %s is damaged: %s", (unsigned long long)block,
                       w2b_kind_name(section->kind), why);
}

w2b_err w2b_container_fetch(const w2b_container *container, const w2b_chunk *section,
                            uint64_t block, const uint8_t **raw, size_t *size, uint8_t **owned,
                            w2b_diag *diag)
{
    const uint8_t *entry = section->entries + block * W2B_BLOCK_ENTRY;
    const uint8_t *stored = container->image.bytes + w2b_get_u64(entry);
    const size_t stored_size = entry_stored(entry), raw_size = entry_raw(entry);
    if (container->sum(stored, stored_size) != w2b_get_u64(entry + 16))
        return w2b_container_damaged(container, section, block, "its checksum does not match",
                                     diag);
    if (stored_size == raw_size) {
        *raw = stored;
        *size = raw_size;
        *owned = NULL;
        return W2B_OK;
    }
    uint8_t *bytes = w2b_alloc(raw_size, 1);
    if (!bytes)
        return w2b_fail_memory(diag, raw_size, "a block");
    if (ZSTD_decompress(bytes, raw_size, stored, stored_size) != raw_size) {
        w2b_free(bytes);
        return w2b_container_damaged(container, section, block,
                                     "it does not decompress to its size", diag);
    }
    *raw = *owned = bytes;
    *size = raw_size;
    return W2B_OK;
}

static _Atomic(void *) *cell_of(const w2b_container *container, const w2b_chunk *section,
                                uint64_t block)
{
    return &container->cells[section->first_cell + (size_t)block];
}

void *w2b_container_kept(const w2b_container *container, const w2b_chunk *section,
                         uint64_t block)
{
    return atomic_load_explicit(cell_of(container, section, block), memory_order_acquire);
}

void *w2b_container_keep(const w2b_container *container, const w2b_chunk *section,
                         uint64_t block, void *mine)
{
    void *other = NULL;
    if (atomic_compare_exchange_strong_explicit(cell_of(container, section, block), &other, mine,
                                                memory_order_acq_rel, memory_order_acquire))
        return mine;
    if (!within_image(container, mine))
        w2b_free(mine);
    return other;
}

w2b_err w2b_container_block(const w2b_container *container, const w2b_chunk *section,
                            uint64_t block, const uint8_t **raw, size_t *size, w2b_diag *diag)
{
    const void *kept = w2b_container_kept(container, section, block);
    if (!kept) {
        const uint8_t *bytes;
        uint8_t *owned;
        size_t n;
        const w2b_err err =
            w2b_container_fetch(container, section, block, &bytes, &n, &owned, diag);
        if (err)
            return err;
        kept = w2b_container_keep(container, section, block, (void *)(uintptr_t)bytes);
    }
    *raw = kept;
    *size = entry_raw(section->entries + block * W2B_BLOCK_ENTRY);
    return W2B_OK;
}

/* ----- Checking what nothing else reads ----------------------------------- */

static w2b_err check_zeros(const w2b_container *container, uint64_t begin, uint64_t end,
                           w2b_diag *diag)
{
    for (uint64_t i = begin; i < end; i++)
        if (container->image.bytes[i] != 0)
            return at_header(container, W2B_ERR_CORRUPT, i,
                             "a byte between two sections is not zero", diag);
    return W2B_OK;
}

w2b_err w2b_container_check(const w2b_container *container, w2b_diag *diag)
{
    uint64_t end = W2B_HEADER_SIZE;
    for (size_t i = 0; i < container->n_sections; i++) {
        const w2b_chunk *section = &container->sections[i];
        w2b_err err = check_zeros(container, end, section->begin, diag);
        if (err)
            return err;
        end = section->end;
        for (uint64_t b = 0; b < section->blocks; b++) {
            const uint8_t *entry = section->entries + b * W2B_BLOCK_ENTRY;
            const uint8_t *stored = container->image.bytes + w2b_get_u64(entry);
            const uint8_t *raw;
            uint8_t *owned;
            size_t size;
            err = w2b_container_fetch(container, section, b, &raw, &size, &owned, diag);
            if (err)
                return err;
            w2b_free(owned);
            const size_t n = entry_stored(entry);
            if (owned && ZSTD_findFrameCompressedSize(stored, n) != n)
                return w2b_container_damaged(container, section, b,
                                             "it is not one single zstd frame", diag);
        }
    }
    return check_zeros(container, end, container->directory, diag);
}

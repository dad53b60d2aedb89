/* Counts by the minute that all processes of a user share, in a small file mapped into memory. */
#include "base/counters.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/shared_file.h"

enum { WINDOW = 60 /* seconds */, BUCKETS = 8192, NEIGHBOURS = 8 };

/* A subject and its count. The minute, since 1970, and the count change together. */
struct bucket {
    _Atomic uint64_t subject; /* its hash; 0 for none */
    _Atomic uint64_t minute_and_count;
};

struct table {
    struct shared_file_head head; /* with its key nobody can aim at the bucket of another */
    struct bucket buckets[BUCKETS];
};

static struct table *table; /* once it is used */

static void open_table(const char *path) {
    if (table == NULL)
        table = shared_file_map(path, "", "dynmod1", sizeof *table);
}

static uint64_t hash(const char *subject) {
    struct buffer text;
    unsigned char digest[DIGEST_SIZE];
    uint64_t value;
    buffer_init(&text, sizeof table->head.key + strlen(subject));
    buffer_add(&text, table->head.key, sizeof table->head.key);
    buffer_add_text(&text, subject);
    digest_sha256(text.bytes, text.length, digest);
    buffer_free(&text);
    memcpy(&value, digest, sizeof value);
    return value == 0 ? 1 : value;
}

static uint32_t minute_of(uint64_t packed) {
    return (uint32_t)(packed >> 32);
}

/* The bucket of the subject; or, if it has none, one for it: the one unused for longest among those
 * that it may have. */
static struct bucket *find_bucket(uint64_t subject, bool claim) {
    struct bucket *oldest = NULL;
    uint64_t oldest_state = UINT64_MAX;
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        struct bucket *bucket = &table->buckets[(subject + i) % BUCKETS];
        if (atomic_load(&bucket->subject) == subject)
            return bucket;
        uint64_t state = atomic_load(&bucket->minute_and_count);
        if (state < oldest_state) {
            oldest = bucket;
            oldest_state = state;
        }
    }
    if (claim) {
        atomic_store(&oldest->subject, subject);
        atomic_store(&oldest->minute_and_count, 0);
    }
    return claim ? oldest : NULL;
}

static struct count count(const char *path, const char *subject, uint32_t more) {
    open_table(path);
    int64_t time = clock_now();
    uint32_t minute = (uint32_t)(time / WINDOW);
    struct count counted = {.seconds = (uint32_t)(WINDOW - time % WINDOW)};
    struct bucket *bucket = find_bucket(hash(subject), more > 0);
    if (bucket == NULL)
        return counted;
    uint64_t state = atomic_load(&bucket->minute_and_count), next;
    do {
        bool same = minute_of(state) == minute;
        counted.now = (same ? (uint32_t)state : 0) + more;
        counted.before = same ? 0 : (uint32_t)state;
        next = (uint64_t)minute << 32 | counted.now;
    } while (more > 0 && !atomic_compare_exchange_weak(&bucket->minute_and_count, &state, next));
    return counted;
}

struct count counters_add(const char *path, const char *subject) {
    return count(path, subject, 1);
}

struct count counters_get(const char *path, const char *subject) {
    return count(path, subject, 0);
}

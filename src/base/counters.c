/* Counts by the minute that all processes of a user share, in a small file mapped into memory. */
#include "base/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/memory.h"

enum { WINDOW = 60 /* seconds */, BUCKETS = 8192, NEIGHBOURS = 8, KEY_SIZE = 16 };

/* A subject and its count. The minute, since 1970, and the count change together. */
struct bucket {
    _Atomic uint64_t subject; /* its hash; 0 for none */
    _Atomic uint64_t minute_and_count;
};

struct table {
    char form[8];                /* FORM: of the file, and finished */
    unsigned char key[KEY_SIZE]; /* random, so that nobody can aim at the bucket of another */
    struct bucket buckets[BUCKETS];
};

#define FORM "dynmod1"
#define NOT_COUNTS "%s is not a file of counts"

static struct table *table; /* once it is used */

static bool check_file(int file, const char *path, struct stat *status, struct fault *fault) {
    if (fstat(file, status) != 0)
        return fault_set(fault, FAULT_UNAVAILABLE, "%s: %s", path, strerror(errno));
    return (S_ISREG(status->st_mode) && status->st_uid == geteuid() &&
            (status->st_mode & (S_IRWXG | S_IRWXO)) == 0 && status->st_nlink == 1) ||
           fault_set(fault, FAULT_UNAVAILABLE,
                     "%s is not a file that only this user can read and write", path);
}

/* Whether the file is new, or was left unfinished by a process that was killed. */
static bool is_unfilled(int file, off_t size) {
    char form[sizeof FORM] = "";
    return (size == 0 || size == sizeof(struct table)) && pread(file, form, sizeof form, 0) >= 0 &&
           form[0] == '\0';
}

/* Gives a new file its key; the caller has locked it. */
static bool fill_file(int file, const char *path, struct fault *fault) {
    unsigned char key[KEY_SIZE];
    if (getrandom(key, sizeof key, 0) != sizeof key ||
        pwrite(file, key, sizeof key, offsetof(struct table, key)) != sizeof key ||
        pwrite(file, FORM, sizeof FORM, 0) != sizeof FORM)
        return fault_set(fault, FAULT_UNAVAILABLE, "%s: %s", path, strerror(errno));
    return true;
}

/* Makes the file one of counts, or finds that it is. It has all its blocks from the beginning:
 * where a full disk has none for a page of the map, the process would die by SIGBUS. */
static bool prepare_file(int file, const char *path, off_t size, struct fault *fault) {
    bool unfilled = is_unfilled(file, size);
    if (!unfilled && size != sizeof(struct table))
        return fault_set(fault, FAULT_UNAVAILABLE, NOT_COUNTS, path);
    int error = posix_fallocate(file, 0, sizeof(struct table));
    if (error != 0)
        return fault_set(fault, FAULT_UNAVAILABLE, "%s: %s", path, strerror(error));
    return !unfilled || fill_file(file, path, fault);
}

static bool map_file(int file, const char *path, struct fault *fault) {
    struct stat status;
    if (!check_file(file, path, &status, fault) || flock(file, LOCK_EX) != 0 ||
        !check_file(file, path, &status, fault) || !prepare_file(file, path, status.st_size, fault))
        return false;
    void *map = mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (map == MAP_FAILED)
        return fault_set(fault, FAULT_UNAVAILABLE, "%s: %s", path, strerror(errno));
    struct table *mapped = map;
    if (memcmp(mapped->form, FORM, sizeof FORM) != 0) {
        munmap(map, sizeof *table);
        return fault_set(fault, FAULT_UNAVAILABLE, NOT_COUNTS, path);
    }
    table = mapped;
    return true;
}

static bool open_file(const char *path, struct fault *fault) {
    int file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (file < 0)
        return fault_set(fault, FAULT_UNAVAILABLE, "%s: %s", path, strerror(errno));
    bool ok = map_file(file, path, fault);
    flock(file, LOCK_UN); /* which the map would keep */
    close(file);
    return ok;
}

static void open_table(const char *path) {
    char own[64];
    struct fault fault;
    snprintf(own, sizeof own, "/dev/shm/dynmod-%lu", (unsigned long)geteuid());
    if (table != NULL || open_file(path[0] == '\0' ? own : path, &fault))
        return;
    log_write(LOG_LEVEL_WARNING, "every process counts for itself: %s", fault.text);
    table = memory_alloc(sizeof *table);
}

static uint64_t hash(const char *subject) {
    struct buffer text;
    unsigned char digest[DIGEST_SIZE];
    uint64_t value;
    buffer_init(&text, KEY_SIZE + strlen(subject));
    buffer_add(&text, table->key, KEY_SIZE);
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

/* Small files that all processes of a user share, mapped into memory. */
#include "base/shared_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/memory.h"

#define NOT_COUNTS "%s is not a file of counts"

struct shared_file {
    const char *path, *form;
    size_t size;
};

static bool fail(const struct shared_file *shared, struct fault *fault) {
    return fault_set(fault, FAULT_UNAVAILABLE, "%s: %s", shared->path, strerror(errno));
}

static bool check_file(int file, const struct shared_file *shared, struct stat *status,
                       struct fault *fault) {
    if (fstat(file, status) != 0)
        return fail(shared, fault);
    return (S_ISREG(status->st_mode) && status->st_uid == geteuid() &&
            (status->st_mode & (S_IRWXG | S_IRWXO)) == 0 && status->st_nlink == 1) ||
           fault_set(fault, FAULT_UNAVAILABLE,
                     "%s is not a file that only this user can read and write", shared->path);
}

/* Whether the file is new, or was left unfinished by a process that was killed. */
static bool is_unfilled(int file, const struct shared_file *shared, off_t size) {
    char form = '\0';
    return (size == 0 || size == (off_t)shared->size) && pread(file, &form, 1, 0) >= 0 &&
           form == '\0';
}

/* Gives a new file its head; the caller has locked it. */
static bool fill_file(int file, const struct shared_file *shared, struct fault *fault) {
    struct shared_file_head head = {.form = ""};
    snprintf(head.form, sizeof head.form, "%s", shared->form);
    return (getrandom(head.key, sizeof head.key, 0) == sizeof head.key &&
            pwrite(file, head.key, sizeof head.key, offsetof(struct shared_file_head, key)) ==
                sizeof head.key &&
            pwrite(file, head.form, sizeof head.form, 0) == sizeof head.form) ||
           fail(shared, fault);
}

/* Makes the file one of counts, or finds that it is. It has all its blocks from the beginning:
 * where a full disk has none for a page of the map, the process would die by SIGBUS. */
static bool prepare_file(int file, const struct shared_file *shared, off_t size,
                         struct fault *fault) {
    bool unfilled = is_unfilled(file, shared, size);
    if (!unfilled && size != (off_t)shared->size)
        return fault_set(fault, FAULT_UNAVAILABLE, NOT_COUNTS, shared->path);
    errno = posix_fallocate(file, 0, (off_t)shared->size);
    return errno == 0 ? !unfilled || fill_file(file, shared, fault) : fail(shared, fault);
}

static void *map_file(int file, const struct shared_file *shared, struct fault *fault) {
    struct stat status;
    if (!check_file(file, shared, &status, fault) || flock(file, LOCK_EX) != 0 ||
        !check_file(file, shared, &status, fault) ||
        !prepare_file(file, shared, status.st_size, fault))
        return NULL;
    void *map = mmap(NULL, shared->size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (map == MAP_FAILED) {
        fail(shared, fault);
        return NULL;
    }
    const struct shared_file_head *head = map;
    if (strncmp(head->form, shared->form, sizeof head->form) == 0)
        return map;
    munmap(map, shared->size);
    fault_set(fault, FAULT_UNAVAILABLE, NOT_COUNTS, shared->path);
    return NULL;
}

static void *open_file(const struct shared_file *shared, struct fault *fault) {
    int file = open(shared->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (file < 0) {
        fail(shared, fault);
        return NULL;
    }
    void *map = map_file(file, shared, fault);
    flock(file, LOCK_UN); /* which the map would keep */
    close(file);
    return map;
}

void *shared_file_map(const char *path, const char *suffix, const char *form, size_t size) {
    char own[64], name[PATH_MAX];
    struct fault fault;
    snprintf(own, sizeof own, "/dev/shm/dynmod-%lu", (unsigned long)geteuid());
    snprintf(name, sizeof name, "%s%s", path[0] == '\0' ? own : path, suffix);
    const struct shared_file shared = {.path = name, .form = form, .size = size};
    void *map = open_file(&shared, &fault);
    if (map != NULL)
        return map;
    log_write(LOG_LEVEL_WARNING, "every process counts for itself: %s", fault.text);
    return memory_alloc(size);
}

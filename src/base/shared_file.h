/* Small files that all processes of a user share, mapped into memory. */
#ifndef DYNMOD_BASE_SHARED_FILE_H
#define DYNMOD_BASE_SHARED_FILE_H

#include <stddef.h>

/* How each of these files begins. */
struct shared_file_head {
    char form[8];          /* which kind of file it is; there once the file is complete */
    unsigned char key[16]; /* random, the same as long as there is the file */
};

/* Maps `size` bytes of the file whose name is `path`, or for "" /dev/shm/dynmod-UID, followed by
 * `suffix`. They begin with a struct shared_file_head whose form is `form`, up to 7 bytes. A file
 * that is not there is made; then all that follows the head is zero. Where it cannot be used,
 * because it belongs to somebody else, say, a line is logged and the memory is the process's own.
 * It stays until the process ends. */
void *shared_file_map(const char *path, const char *suffix, const char *form, size_t size)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif

/* The keys that seal secrets, from the file of the option secrets_key. */
#ifndef DYNMOD_HOST_SECRET_KEYS_H
#define DYNMOD_HOST_SECRET_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/limits.h"

enum { SECRET_KEY_SIZE = 32 /* bytes */, SECRET_KEY_ID = 8 /* characters */ };

struct secret_key {
    unsigned char bytes[SECRET_KEY_SIZE];
    char id[SECRET_KEY_ID + 1]; /* the first hex digits of the SHA-256 of the bytes */
};

struct secret_keys {
    struct secret_key list[LIMIT_SECRET_KEYS];
    size_t count; /* at least 1: the first one seals, all of them open */
};

/* Reads the file `path`: one key on each line, as 64 hexadecimal digits. Fails with
 * FAULT_UNAVAILABLE when it cannot be read, has another form, or when every user of the machine can
 * read it; the fault shows nothing of its content. */
bool secret_keys_read(const char *path, struct secret_keys *keys, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The key with this id, or NULL when there is none. */
const struct secret_key *secret_keys_find(const struct secret_keys *keys, const char *id)
    __attribute__((nonnull));

#endif

/* Passwords of administrators, kept as hashes of yescrypt. */
#ifndef DYNMOD_HOST_PASSWORD_H
#define DYNMOD_HOST_PASSWORD_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/memory.h"

/* Stores a random password of 128 bits, as 32 hex digits owned by the arena. Fails with
 * FAULT_INTERNAL when the system has no random numbers. */
bool password_random(struct arena *arena, const char **password, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Stores a hash of the password in the form of crypt(5), "$y$...", with a new salt and the default
 * cost of libcrypt, owned by the arena. Fails with FAULT_INPUT when the password is empty or longer
 * than LIMIT_PASSWORD, and with FAULT_INTERNAL when libcrypt has no yescrypt. */
bool password_hash(struct arena *arena, const char *password, const char **hash,
                   struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Whether the password, of at most LIMIT_PASSWORD bytes, is the one that was hashed. `hash` is NULL
 * when there is no such administrator: that is never a match, but takes as long as one, so that the
 * time does not tell which names exist. A password that was sent with a NUL in it must be refused
 * by the caller. */
bool password_matches(const char *password, const char *hash)
    __attribute__((nonnull(1), warn_unused_result));

#endif

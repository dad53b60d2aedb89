/* Secrets as the database keeps them: plain, or sealed with a key that is not in it. */
#ifndef DYNMOD_HOST_SECRET_BOX_H
#define DYNMOD_HOST_SECRET_BOX_H

#include <stdbool.h>

#include "base/config.h"
#include "base/fault.h"
#include "base/memory.h"

/* Whose secret it is. A sealed one cannot be opened as that of another: these names are, with the
 * digest, the associated data of AES-256-GCM (NIST SP 800-38D). */
struct secret_owner {
    const char *site;
    const char *app_key;    /* NULL for the private key of the site */
    const char *public_key; /* that belongs to the private key; NULL for an app */
};

/* Stores what the database is to keep: the secret itself, unless the option secrets_key names keys;
 * then "gcm1:ID:DIGEST:BYTES" with the id of the first key, the SHA-256 by which the database finds
 * equal secrets, and the encrypted bytes in base64. Owned by the arena. Fails as secret_keys_read()
 * does. */
bool secret_seal(struct arena *arena, const struct config *config, const struct secret_owner *owner,
                 const char *secret, const char **kept, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Stores the secret that `kept` holds, plain or sealed. Fails with FAULT_UNAVAILABLE when its key
 * is not there, or when it was sealed for another owner or has been altered. */
bool secret_open(struct arena *arena, const struct config *config, const struct secret_owner *owner,
                 const char *kept, const char **secret, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The id of the key that sealed `kept`, owned by the arena; NULL when it is plain. */
const char *secret_key_id(struct arena *arena, const char *kept) __attribute__((nonnull));

/* Stores the id of the key that seals; NULL when secrets are kept plain. */
bool secret_newest_key(const struct config *config, const char **id, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* A new secret: 64 hexadecimal digits, 256 random bits. */
bool secret_generate(struct arena *arena, const char **secret, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

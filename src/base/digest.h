/* SHA-256 and HMAC-SHA-256 by OpenSSL, with its look-ups made once for the process. */
#ifndef DYNMOD_BASE_DIGEST_H
#define DYNMOD_BASE_DIGEST_H

#include <stddef.h>

enum { DIGEST_SIZE = 32 }; /* bytes */

/* The SHA-256 (FIPS 180-4) of `length` bytes. */
void digest_sha256(const void *bytes, size_t length, unsigned char digest[DIGEST_SIZE])
    __attribute__((nonnull));

/* The HMAC (RFC 2104) with SHA-256 of `length` bytes by the NUL-terminated `key`. */
void digest_hmac_sha256(const char *key, const void *bytes, size_t length,
                        unsigned char digest[DIGEST_SIZE]) __attribute__((nonnull));

#endif

/* SHA-256, and signatures by HMAC-SHA-256. */
#ifndef DYNMOD_BASE_DIGEST_H
#define DYNMOD_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum { DIGEST_SIZE = 32 }; /* bytes */

/* Stores the SHA-256 (FIPS 180-4) of `length` bytes. */
void digest_sha256(const void *bytes, size_t length, unsigned char digest[DIGEST_SIZE])
    __attribute__((nonnull));

/* Stores the HMAC (RFC 2104) with SHA-256 of `length` bytes by the NUL-terminated `key`. */
void digest_hmac_sha256(const char *key, const void *bytes, size_t length,
                        unsigned char digest[DIGEST_SIZE]) __attribute__((nonnull));

/* Stores `length` bytes as lower-case hexadecimal digits and a NUL, 2 * length + 1 in all. */
void digest_hex(const unsigned char *bytes, size_t length, char *hex) __attribute__((nonnull));

/* Whether `length` bytes are equal, in a time that does not tell where they differ. */
bool digest_equal(const void *one, const void *other, size_t length) __attribute__((nonnull));

#endif

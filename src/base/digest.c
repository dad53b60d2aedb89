/* SHA-256, and signatures by HMAC-SHA-256. */
#include "base/digest.h"

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <string.h>

void digest_sha256(const void *bytes, size_t length, unsigned char digest[DIGEST_SIZE]) {
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, length, bytes);
    sha256_digest(&context, DIGEST_SIZE, digest);
}

void digest_hmac_sha256(const char *key, const void *bytes, size_t length,
                        unsigned char digest[DIGEST_SIZE]) {
    struct hmac_sha256_ctx context;
    hmac_sha256_set_key(&context, strlen(key), (const unsigned char *)key);
    hmac_sha256_update(&context, length, bytes);
    hmac_sha256_digest(&context, DIGEST_SIZE, digest);
}

bool digest_equal(const void *one, const void *other, size_t length) {
    return memeql_sec(one, other, length) != 0;
}

void digest_hex(const unsigned char *bytes, size_t length, char *hex) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        *hex++ = digits[bytes[i] >> 4];
        *hex++ = digits[bytes[i] & 0x0f];
    }
    *hex = '\0';
}

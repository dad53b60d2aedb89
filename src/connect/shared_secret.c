/* The secret that an app and the host share to sign requests. */
#include "connect/shared_secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

enum { RANDOM_BYTES = 32, BASE64_BYTES = (RANDOM_BYTES + 2) / 3 * 4 };

const char *shared_secret_new(struct arena *arena) {
    unsigned char bytes[RANDOM_BYTES];
    unsigned char text[BASE64_BYTES + 1];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        abort(); /* no randomness, no secret */
    EVP_EncodeBlock(text, bytes, sizeof bytes);
    for (unsigned char *at = text; *at != '\0'; at++)
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
    const char *secret = arena_copy(arena, text, strcspn((const char *)text, "="));
    OPENSSL_cleanse(bytes, sizeof bytes);
    OPENSSL_cleanse(text, sizeof text);
    return secret;
}

bool shared_secret_check(const char *secret, struct fault *fault) {
    size_t length = strlen(secret);
    if (length < LIMIT_SECRET_MINIMUM)
        return fault_set(fault, FAULT_INPUT, "the shared secret has %zu bytes, %d are the least",
                         length, LIMIT_SECRET_MINIMUM);
    for (; *secret != '\0'; secret++)
        if (*secret < '!' || *secret > '~')
            return fault_set(fault, FAULT_INPUT,
                             "the shared secret may hold visible ASCII characters only");
    return true;
}

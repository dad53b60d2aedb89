/* SHA-256 and HMAC-SHA-256 by OpenSSL, with its look-ups made once for the process. */
#include "base/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

/* OpenSSL fails here only when memory is out or its installation is broken. */
static void require(int done) {
    if (done != 1)
        abort();
}

/* The convenience functions SHA256() and HMAC() look the algorithm up at every call, which costs
 * more than the digest of a short text. */
static EVP_MD *sha256(void) {
    static EVP_MD *algorithm;
    if (algorithm == NULL)
        algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    return algorithm;
}

static EVP_MAC_CTX *hmac(void) {
    static EVP_MAC_CTX *context;
    if (context == NULL) {
        char name[] = "SHA256";
        const OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
            OSSL_PARAM_construct_end()};
        EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
        context = EVP_MAC_CTX_new(algorithm);
        EVP_MAC_free(algorithm);
        require(EVP_MAC_CTX_set_params(context, parameters));
    }
    return context;
}

void digest_sha256(const void *bytes, size_t length, unsigned char digest[DIGEST_SIZE]) {
    require(EVP_Digest(bytes, length, digest, NULL, sha256(), NULL));
}

void digest_hmac_sha256(const char *key, const void *bytes, size_t length,
                        unsigned char digest[DIGEST_SIZE]) {
    EVP_MAC_CTX *context = hmac();
    size_t written = 0;
    require(EVP_MAC_init(context, (const unsigned char *)key, strlen(key), NULL));
    require(EVP_MAC_update(context, bytes, length));
    require(EVP_MAC_final(context, digest, &written, DIGEST_SIZE));
}

/* Key pairs with which a host signs what it tells apps. */
#include "host/rsa_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BITS = 2048 };

static void wipe_text(void *text) {
    explicit_bzero(text, strlen(text));
    free(text);
}

/* A copy of what was written to `memory`, which is wiped with the arena. */
static const char *take_text(struct arena *arena, BIO *memory) {
    char *bytes;
    long length = BIO_get_mem_data(memory, &bytes);
    char *text = memory_copy(bytes, (size_t)length);
    arena_keep(arena, wipe_text, text);
    return text;
}

/* Both halves; OpenSSL wipes the memory of a BIO when it frees or moves it. */
static bool write_pem(struct arena *arena, EVP_PKEY *key, const char **private_key,
                      const char **public_key) {
    BIO *private_half = BIO_new(BIO_s_mem()), *public_half = BIO_new(BIO_s_mem());
    bool ok = private_half != NULL && public_half != NULL &&
              PEM_write_bio_PKCS8PrivateKey(private_half, key, NULL, NULL, 0, NULL, NULL) == 1 &&
              PEM_write_bio_PUBKEY(public_half, key) == 1;
    if (ok) {
        *private_key = take_text(arena, private_half);
        *public_key = take_text(arena, public_half);
    }
    BIO_free(private_half);
    BIO_free(public_half);
    return ok;
}

bool rsa_key_generate(struct arena *arena, const char **private_key, const char **public_key,
                      struct fault *fault) {
    ERR_clear_error();
    EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
    bool ok = key != NULL && write_pem(arena, key, private_key, public_key);
    EVP_PKEY_free(key);
    if (ok)
        return true;
    const char *reason = ERR_reason_error_string(ERR_get_error());
    return fault_set(fault, FAULT_INTERNAL, "OpenSSL cannot make an RSA key: %s",
                     reason == NULL ? "unknown reason" : reason);
}

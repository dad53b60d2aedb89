/* Secrets as the database keeps them: plain, or sealed with a key that is not in it. */
#include "host/secret_box.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "host/secret_keys.h"

#define SEALED "gcm1:"
#define DIGEST_PREFIX "dynmod secret " /* as in dynmod.secret_digest() */

/* NIST SP 800-38D: 96 random bits, which are enough for 2^32 secrets with one key, and a tag. */
enum { NONCE_SIZE = 12, TAG_SIZE = 16, DIGEST_HEX = 2 * DIGEST_SIZE };

static void wipe(void *text) {
    explicit_bzero(text, strlen(text));
}

/* The keys are read once in the life of a process, when the first secret needs them. */
static const struct secret_keys *known_keys(const struct config *config, struct fault *fault) {
    static struct secret_keys keys;
    if (keys.count > 0)
        return &keys;
    if (config->secrets_key[0] == '\0') {
        fault_set(fault, FAULT_UNAVAILABLE, "the option secrets_key is not set");
        return NULL;
    }
    return secret_keys_read(config->secrets_key, &keys, fault) ? &keys : NULL;
}

static const char *associated_data(struct arena *arena, const struct secret_owner *owner,
                                   const char *digest) {
    const bool of_app = owner->app_key != NULL;
    return arena_format(arena, "%s\n%s\n%s\n%.*s", of_app ? "app" : "key", owner->site,
                        of_app ? owner->app_key : owner->public_key, DIGEST_HEX, digest);
}

static const char *describe(struct arena *arena, const struct secret_owner *owner) {
    return owner->app_key == NULL
               ? arena_format(arena, "the private key of the site %s", owner->site)
               : arena_format(arena, "the secret of the app %s on the site %s", owner->app_key,
                              owner->site);
}

static char *digest_of(struct arena *arena, const char *secret) {
    unsigned char digest[DIGEST_SIZE];
    char *text = arena_format(arena, DIGEST_PREFIX "%s", secret);
    digest_sha256(text, strlen(text), digest);
    wipe(text);
    char *hex = arena_alloc(arena, DIGEST_HEX + 1);
    digest_hex(digest, sizeof digest, hex);
    return hex;
}

/* AES-256-GCM over `in`, in the direction `encrypt`. The tag is written or checked. */
static bool crypt_bytes(bool encrypt, const struct secret_key *key, const unsigned char *nonce,
                        const char *associated, const unsigned char *in, size_t length,
                        unsigned char *out, unsigned char *tag) {
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0;
    bool ok =
        context != NULL &&
        EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key->bytes, nonce, encrypt) == 1 &&
        EVP_CipherUpdate(context, NULL, &written, (const unsigned char *)associated,
                         (int)strlen(associated)) == 1 &&
        EVP_CipherUpdate(context, out, &written, in, (int)length) == 1 &&
        (encrypt || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) == 1) &&
        EVP_CipherFinal_ex(context, out + written, &written) == 1 &&
        (!encrypt || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, tag) == 1);
    EVP_CIPHER_CTX_free(context);
    return ok;
}

bool secret_seal(struct arena *arena, const struct config *config, const struct secret_owner *owner,
                 const char *secret, const char **kept, struct fault *fault) {
    if (config->secrets_key[0] == '\0') {
        *kept = secret;
        return true;
    }
    const struct secret_keys *keys = known_keys(config, fault);
    if (keys == NULL)
        return false;
    const char *digest = digest_of(arena, secret);
    size_t length = strlen(secret), size = NONCE_SIZE + length + TAG_SIZE;
    unsigned char *bytes = arena_alloc(arena, size);
    if (RAND_bytes(bytes, NONCE_SIZE) != 1 ||
        !crypt_bytes(true, &keys->list[0], bytes, associated_data(arena, owner, digest),
                     (const unsigned char *)secret, length, bytes + NONCE_SIZE,
                     bytes + NONCE_SIZE + length))
        return fault_set(fault, FAULT_INTERNAL, "libcrypto cannot encrypt %s",
                         describe(arena, owner));
    unsigned char *encoded = arena_alloc(arena, 4 * (size / 3 + 1) + 1);
    EVP_EncodeBlock(encoded, bytes, (int)size);
    *kept = arena_format(arena, SEALED "%s:%s:%s", keys->list[0].id, digest, (const char *)encoded);
    return true;
}

/* The digest in a sealed text, with ":" and the encrypted bytes behind it; NULL when it has another
 * form. */
static const char *digest_part(const char *sealed) {
    const char *digest = sealed + strlen(SEALED) + SECRET_KEY_ID + 1;
    return strlen(sealed) > strlen(SEALED) + SECRET_KEY_ID + 1 + DIGEST_HEX && digest[-1] == ':' &&
                   digest[DIGEST_HEX] == ':'
               ? digest
               : NULL;
}

/* The bytes of base64 as EVP_EncodeBlock() writes it; NULL when there is anything else. */
static unsigned char *decode(struct arena *arena, const char *text, size_t *size) {
    size_t length = strlen(text);
    unsigned char *bytes = arena_alloc(arena, length + 1);
    int count = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length);
    size_t padding = length - strcspn(text, "=");
    if (count < 0 || padding > 2)
        return NULL;
    *size = (size_t)count - padding;
    /* The last character has bits that do not count. */
    unsigned char *again = arena_alloc(arena, length + 1);
    EVP_EncodeBlock(again, bytes, (int)*size);
    return *size > NONCE_SIZE + TAG_SIZE && strcmp((char *)again, text) == 0 ? bytes : NULL;
}

bool secret_open(struct arena *arena, const struct config *config, const struct secret_owner *owner,
                 const char *kept, const char **secret, struct fault *fault) {
    const char *id = secret_key_id(arena, kept);
    if (id == NULL) {
        *secret = kept;
        return true;
    }
    const struct secret_keys *keys = known_keys(config, fault);
    if (keys == NULL)
        return fault_set(fault, FAULT_UNAVAILABLE, "%s is encrypted: %s", describe(arena, owner),
                         fault->text);
    const struct secret_key *key = secret_keys_find(keys, id);
    if (key == NULL)
        return fault_set(fault, FAULT_UNAVAILABLE,
                         "%s is encrypted with the key %s, which is not in %s",
                         describe(arena, owner), id, config->secrets_key);
    size_t size = 0;
    const char *digest = digest_part(kept);
    unsigned char *bytes = digest == NULL ? NULL : decode(arena, digest + DIGEST_HEX + 1, &size);
    size_t length = size - NONCE_SIZE - TAG_SIZE;
    char *opened = bytes == NULL ? NULL : arena_alloc(arena, length + 1);
    if (bytes == NULL ||
        !crypt_bytes(false, key, bytes, associated_data(arena, owner, digest), bytes + NONCE_SIZE,
                     length, (unsigned char *)opened, bytes + NONCE_SIZE + length))
        return fault_set(fault, FAULT_UNAVAILABLE,
                         "%s cannot be decrypted: it was altered, or belongs to another",
                         describe(arena, owner));
    arena_keep(arena, wipe, opened);
    *secret = opened;
    return true;
}

const char *secret_key_id(struct arena *arena, const char *kept) {
    size_t length = strlen(SEALED);
    if (strncmp(kept, SEALED, length) != 0)
        return NULL;
    return arena_copy(arena, kept + length, strcspn(kept + length, ":"));
}

bool secret_newest_key(const struct config *config, const char **id, struct fault *fault) {
    const struct secret_keys *keys = NULL;
    if (config->secrets_key[0] != '\0' && (keys = known_keys(config, fault)) == NULL)
        return false;
    *id = keys == NULL ? NULL : keys->list[0].id;
    return true;
}

bool secret_generate(struct arena *arena, const char **secret, struct fault *fault) {
    unsigned char bytes[SECRET_KEY_SIZE];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return fault_set(fault, FAULT_INTERNAL, "libcrypto has no random bytes");
    char *text = arena_alloc(arena, 2 * sizeof bytes + 1);
    digest_hex(bytes, sizeof bytes, text);
    *secret = text;
    return true;
}

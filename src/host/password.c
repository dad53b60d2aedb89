/* Passwords of administrators, kept as hashes of yescrypt. */
#include "host/password.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/digest.h"
#include "base/limits.h"

#define YESCRYPT "$y$"

enum { RANDOM_SIZE = 16 }; /* bytes of a random password */

/* A salt with the cost that libcrypt chooses by default, for names that do not exist. */
#define DUMMY_SETTING "$y$j9T$n2rc4AYi63Pb34FlOVAFG1"

bool password_random(struct arena *arena, const char **password, struct fault *fault) {
    unsigned char bytes[RANDOM_SIZE];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return fault_set(fault, FAULT_INTERNAL, "there are no random numbers: %s", strerror(errno));
    char *text = arena_alloc(arena, 2 * sizeof bytes + 1);
    digest_hex(bytes, sizeof bytes, text);
    *password = text;
    return true;
}

/* The hash of the password with the salt and cost of `setting`, which may be a whole hash; NULL
 * when it cannot be made. The caller frees it with free(). */
static char *hash_with(const char *password, const char *setting) {
    struct crypt_data *data = memory_alloc(sizeof *data); /* 32 KiB */
    const char *hash = crypt_r(password, setting, data);
    bool ok = hash != NULL && hash[0] != '*';
    char *copy = ok ? memory_copy(hash, strlen(hash)) : NULL;
    explicit_bzero(data, sizeof *data);
    free(data);
    return copy;
}

bool password_hash(struct arena *arena, const char *password, const char **hash,
                   struct fault *fault) {
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    size_t length = strlen(password);
    if (length == 0 || length > LIMIT_PASSWORD)
        return fault_set(fault, FAULT_INPUT, "a password must have 1 to %d bytes", LIMIT_PASSWORD);
    if (crypt_gensalt_rn(YESCRYPT, 0, NULL, 0, setting, sizeof setting) == NULL)
        return fault_set(fault, FAULT_INTERNAL, "libcrypt cannot make a salt for yescrypt: %s",
                         strerror(errno));
    char *made = hash_with(password, setting);
    *hash = arena_text(arena, made);
    free(made);
    return *hash != NULL ||
           fault_set(fault, FAULT_INTERNAL, "libcrypt cannot hash a password with yescrypt");
}

bool password_matches(const char *password, const char *hash) {
    char *made = hash_with(password, hash == NULL ? DUMMY_SETTING : hash);
    bool same = hash != NULL && made != NULL && strlen(made) == strlen(hash) &&
                digest_equal(made, hash, strlen(hash));
    free(made);
    return same;
}

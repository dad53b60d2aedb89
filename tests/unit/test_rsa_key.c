/* The key pairs of hosts. */
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "host/rsa_key.h"
#include "unit.h"

struct pair {
    const char *private_key, *public_key;
};

static struct pair new_pair(struct arena *arena) {
    struct pair pair;
    struct fault fault = {0};
    if (!rsa_key_generate(arena, &pair.private_key, &pair.public_key, &fault))
        fail_msg("%s", fault.text);
    return pair;
}

static void keys_are_pem_with_lf(void **state) {
    struct pair pair = new_pair(*state);
    const char *const texts[] = {pair.private_key, pair.public_key};
    const char *const labels[] = {"PRIVATE KEY", "PUBLIC KEY"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        const char *begin = arena_format(*state, "-----BEGIN %s-----\n", labels[i]);
        const char *end = arena_format(*state, "\n-----END %s-----\n", labels[i]);
        assert_int_equal(strncmp(texts[i], begin, strlen(begin)), 0);
        assert_string_equal(texts[i] + strlen(texts[i]) - strlen(end), end);
        assert_null(strchr(texts[i], '\r'));
    }
}

static void the_halves_belong_together(void **state) {
    struct pair pair = new_pair(*state), other = new_pair(*state);
    BIO *memory = BIO_new_mem_buf(pair.private_key, -1);
    EVP_PKEY *private_half = PEM_read_bio_PrivateKey(memory, NULL, NULL, NULL);
    BIO_free(memory);
    memory = BIO_new_mem_buf(pair.public_key, -1);
    EVP_PKEY *public_half = PEM_read_bio_PUBKEY(memory, NULL, NULL, NULL);
    BIO_free(memory);
    assert_int_equal(EVP_PKEY_get_base_id(public_half), EVP_PKEY_RSA);
    assert_int_equal(EVP_PKEY_get_bits(public_half), 2048);
    assert_int_equal(EVP_PKEY_eq(private_half, public_half), 1);
    assert_string_not_equal(pair.public_key, other.public_key);
    EVP_PKEY_free(private_half);
    EVP_PKEY_free(public_half);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(keys_are_pem_with_lf),
        UNIT_TEST(the_halves_belong_together),
    };
    return UNIT_RUN(tests);
}

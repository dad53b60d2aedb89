/* Secrets as the database keeps them; what was sealed is opened here by Nettle, too. */
#include <fcntl.h>
#include <nettle/base64.h>
#include <nettle/gcm.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "host/secret_box.h"
#include "host/secret_keys.h"
#include "unit.h"

#define KEY_ONE "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_TWO "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define ID_ONE "630dcd29" /* printf %s KEY_ONE | xxd -r -p | sha256sum */
#define SECRET "a-secret-of-at-least-32-characters"

static const struct secret_owner app = {.site = "default", .app_key = "my-app"};
static const struct secret_owner site = {.site = "default", .public_key = "PEM\nof a key\n"};

/* A file with this text, which is removed with the arena. */
static const char *key_file(struct arena *arena, const char *text, mode_t mode) {
    const char *path = unit_file(arena);
    int file = open(path, O_WRONLY);
    assert_true(file >= 0 && fchmod(file, mode) == 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    return path;
}

/* The keys are read once in a process, so that all tests have the same file. */
static const struct config *config_with_keys(struct arena *arena) {
    static struct config config;
    if (config.secrets_key == NULL) {
        const char *path = key_file(arena, KEY_ONE "\r\n\n" KEY_TWO "\n", 0640);
        char *kept = memory_copy(path, strlen(path));
        const char *id;
        struct fault fault;
        config.secrets_key = kept;
        assert_true(secret_newest_key(&config, &id, &fault));
        assert_string_equal(id, ID_ONE);
    }
    return &config;
}

static const char *seal(struct arena *arena, const struct secret_owner *owner, const char *secret) {
    const char *kept;
    struct fault fault;
    assert_true(secret_seal(arena, config_with_keys(arena), owner, secret, &kept, &fault));
    return kept;
}

static const char *open_as(struct arena *arena, const struct secret_owner *owner,
                           const char *kept) {
    const char *secret;
    struct fault fault = {.text = ""};
    if (secret_open(arena, config_with_keys(arena), owner, kept, &secret, &fault))
        return secret;
    assert_int_equal(fault.kind, FAULT_UNAVAILABLE);
    assert_null(strstr(fault.text, SECRET));
    return NULL;
}

/* Decrypts the part after the digest by Nettle, with the key that is 00 01 02 … 1f. */
static const char *nettle_opens(struct arena *arena, const char *sealed, const char *owner) {
    const char *encoded = strrchr(sealed, ':') + 1;
    const char *associated =
        arena_format(arena, "%s\n%.*s", owner, 2 * DIGEST_SIZE, encoded - 1 - 2 * DIGEST_SIZE);
    struct base64_decode_ctx base64;
    size_t size = BASE64_DECODE_LENGTH(strlen(encoded));
    uint8_t *bytes = arena_alloc(arena, size), key[32], tag[16];
    base64_decode_init(&base64);
    assert_true(base64_decode_update(&base64, &size, bytes, strlen(encoded), encoded) == 1 &&
                base64_decode_final(&base64) == 1);
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    size_t length = size - GCM_IV_SIZE - sizeof tag;
    char *secret = arena_alloc(arena, length + 1);
    struct gcm_aes256_ctx context;
    gcm_aes256_set_key(&context, key);
    gcm_aes256_set_iv(&context, GCM_IV_SIZE, bytes);
    gcm_aes256_update(&context, strlen(associated), (const uint8_t *)associated);
    gcm_aes256_decrypt(&context, length, (uint8_t *)secret, bytes + GCM_IV_SIZE);
    gcm_aes256_digest(&context, sizeof tag, tag);
    assert_memory_equal(tag, bytes + GCM_IV_SIZE + length, sizeof tag);
    return secret;
}

static void what_is_sealed_opens_again(void **state) {
    const char *sealed = seal(*state, &app, SECRET);
    assert_string_equal(secret_key_id(*state, sealed), ID_ONE);
    assert_string_equal(open_as(*state, &app, sealed), SECRET);
    assert_string_equal(open_as(*state, &site, seal(*state, &site, "x")), "x");
    const char *pem = unit_repeat(*state, "0123456789\n", 200);
    assert_string_equal(open_as(*state, &site, seal(*state, &site, pem)), pem);
    assert_string_not_equal(sealed, seal(*state, &app, SECRET));
    assert_null(strstr(sealed, SECRET));
}

static void another_program_opens_it(void **state) {
    assert_string_equal(nettle_opens(*state, seal(*state, &app, SECRET), "app\ndefault\nmy-app"),
                        SECRET);
    assert_string_equal(
        nettle_opens(*state, seal(*state, &site, SECRET), "key\ndefault\nPEM\nof a key\n"), SECRET);
}

static void the_digest_is_that_of_the_database(void **state) {
    unsigned char digest[DIGEST_SIZE];
    digest_sha256("dynmod secret " SECRET, strlen("dynmod secret " SECRET), digest);
    const char *at = seal(*state, &app, SECRET) + strlen("gcm1:" ID_ONE ":");
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        assert_memory_equal(at + 2 * i, arena_format(*state, "%02x", digest[i]), 2);
}

static void nobody_else_opens_it(void **state) {
    const char *sealed = seal(*state, &app, SECRET);
    const struct secret_owner others[] = {
        {.site = "other", .app_key = "my-app"},
        {.site = "default", .app_key = "my-app2"},
        {.site = "default\nmy", .app_key = "-app"},
        {.site = "default", .public_key = "my-app"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        assert_null(open_as(*state, &others[i], sealed));
}

static void what_was_altered_does_not_open(void **state) {
    const char *sealed = seal(*state, &app, SECRET);
    for (size_t at = strlen("gcm1:"); at < strlen(sealed); at++) {
        char *altered = arena_text(*state, sealed);
        altered[at] = altered[at] == 'A' ? 'B' : 'A';
        assert_null(open_as(*state, &app, altered));
    }
    for (size_t length = strlen("gcm1:"); length < strlen(sealed); length++)
        assert_null(open_as(*state, &app, arena_copy(*state, sealed, length)));
    assert_null(open_as(*state, &app, arena_format(*state, "%sAAAA", sealed)));
}

/* "B" in place of "A" as the last character gave the same bytes. */
static void bits_that_do_not_count_must_be_zero(void **state) {
    char *sealed;
    size_t last;
    do {
        sealed = arena_text(*state, seal(*state, &app, SECRET));
        last = strlen(sealed) - 1;
        while (sealed[last] == '=')
            last--;
    } while (sealed[last] != 'A');
    assert_string_equal(open_as(*state, &app, sealed), SECRET);
    sealed[last] = 'B';
    assert_null(open_as(*state, &app, sealed));
}

static void former_keys_still_open(void **state) {
    struct secret_keys keys;
    struct fault fault;
    assert_true(secret_keys_read(key_file(*state, KEY_TWO "\n" KEY_ONE, 0600), &keys, &fault));
    assert_int_equal(keys.count, 2);
    assert_string_equal(keys.list[1].id, ID_ONE);
    assert_ptr_equal(secret_keys_find(&keys, ID_ONE), &keys.list[1]);
    assert_null(secret_keys_find(&keys, "00000000"));
}

static void plain_secrets_pass(void **state) {
    static const struct config plain = {.secrets_key = ""};
    const char *kept, *secret, *id = "";
    struct fault fault;
    assert_true(secret_seal(*state, &plain, &app, SECRET, &kept, &fault));
    assert_string_equal(kept, SECRET);
    assert_null(secret_key_id(*state, kept));
    assert_true(secret_open(*state, &plain, &app, kept, &secret, &fault));
    assert_string_equal(secret, SECRET);
    assert_true(secret_newest_key(&plain, &id, &fault));
    assert_null(id);
    assert_string_equal(open_as(*state, &app, SECRET), SECRET);
}

static void new_secrets_differ(void **state) {
    const char *one, *two;
    struct fault fault;
    assert_true(secret_generate(*state, &one, &fault) && secret_generate(*state, &two, &fault));
    assert_int_equal(strlen(one), 64);
    assert_int_equal(strspn(one, "0123456789abcdef"), 64);
    assert_string_not_equal(one, two);
}

static void bad_key_files_are_refused_without_being_shown(void **state) {
    const struct {
        const char *text;
        mode_t mode;
        const char *problem;
    } cases[] = {
        {"", 0600, "has no key"},
        {"\n\n", 0600, "has no key"},
        {KEY_ONE "0", 0600, ":1: expected a key of 64 hexadecimal digits"},
        {KEY_ONE "\n" SECRET, 0600, ":2: expected a key"},
        {"0x" KEY_ONE, 0600, ":1: expected a key"},
        {KEY_ONE, 0604, "run chmod o-rwx"},
        {KEY_ONE, 0602, "run chmod o-rwx"},
        {unit_repeat(*state, KEY_ONE "\n", LIMIT_SECRET_KEYS + 1), 0600, "no more than 16"},
        {unit_repeat(*state, "\n", 5000), 0600, "is too long"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct secret_keys keys;
        struct fault fault;
        const char *path = key_file(*state, cases[i].text, cases[i].mode);
        assert_false(secret_keys_read(path, &keys, &fault));
        assert_int_equal(fault.kind, FAULT_UNAVAILABLE);
        if (strstr(fault.text, cases[i].problem) == NULL)
            fail_msg("%s, not %s", fault.text, cases[i].problem);
        assert_null(strstr(fault.text, "0001020304"));
        assert_null(strstr(fault.text, SECRET));
        assert_int_equal(keys.count, 0);
    }
    struct secret_keys keys;
    struct fault fault;
    assert_false(secret_keys_read("/nonexistent/keys", &keys, &fault));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(what_is_sealed_opens_again),
        UNIT_TEST(another_program_opens_it),
        UNIT_TEST(the_digest_is_that_of_the_database),
        UNIT_TEST(nobody_else_opens_it),
        UNIT_TEST(what_was_altered_does_not_open),
        UNIT_TEST(bits_that_do_not_count_must_be_zero),
        UNIT_TEST(former_keys_still_open),
        UNIT_TEST(plain_secrets_pass),
        UNIT_TEST(new_secrets_differ),
        UNIT_TEST(bad_key_files_are_refused_without_being_shown),
    };
    return UNIT_RUN(tests);
}

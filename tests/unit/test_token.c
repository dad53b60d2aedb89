/* Tokens: every vector of tests/data/jwt-vectors.json at its clock, times, and signing. */
#include <nettle/base64.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "connect/authentication.h"
#include "host/rsa_key.h"
#include "unit_connect.h"

#define SECRET "example-shared-secret-0123456789abcdef"
#define QSH "9764f4e00e69fbcf0fbd644d96bc1f3e481668c98916f916dac8b332503bddba"

static const int64_t now = 1700000000;

/* Whether the host would let the request of the vectors in with this Authorization header. */
static bool accepts(struct arena *arena, struct json_object *file, const char *authorization,
                    struct fault *fault) {
    struct json_object *sent = json_member(file, "request");
    const struct qsh_request request =
        unit_request(arena, json_member_text(sent, "method"), json_member_text(sent, "target"), "");
    const char *text = authentication_token(arena, request.query, authorization);
    assert_non_null(text);
    struct token token;
    struct authentication authentication;
    return token_read(arena, text, json_object_get_int64(json_member(file, "clock")), 0, &token,
                      fault) &&
           (strcmp(token.issuer, json_member_text(file, "appKey")) == 0 ||
            fault_set(fault, FAULT_REFUSED, "unknown app")) &&
           authentication_check(arena, &token, json_member_text(file, "sharedSecret"), &request,
                                &authentication, fault);
}

static void every_vector_gets_its_answer(void **state) {
    struct json_object *file = unit_json_file(*state, "tests/data/jwt-vectors.json");
    struct json_object *vectors = json_member(file, "vectors");
    size_t count = json_object_array_length(vectors);
    assert_true(count >= 29);
    for (size_t i = 0; i < count; i++) {
        struct json_object *vector = json_object_array_get_idx(vectors, i);
        const char *expected = json_member_text(vector, "expect");
        struct fault fault = {0};
        const char *header = arena_format(*state, "JWT %s", json_member_text(vector, "token"));
        bool accepted = accepts(*state, file, header, &fault);
        if (strcmp(expected, "200") != 0 && strcmp(expected, "401") != 0)
            continue; /* either answer will do; it only must not crash */
        if (accepted != (strcmp(expected, "200") == 0))
            fail_msg("%s: expected %s, reason: %s", json_member_text(vector, "name"), expected,
                     fault.text);
        if (!accepted) {
            assert_int_equal(fault.kind, FAULT_REFUSED);
            assert_true(strlen(fault.text) > 10);
        }
    }
}

static bool reads(struct arena *arena, const char *text, int64_t at, int64_t max_lifetime) {
    struct token token;
    struct fault fault;
    return token_read(arena, text, at, max_lifetime, &token, &fault);
}

static struct token_claims claims_for(int64_t lifetime) {
    return (struct token_claims){.issuer = "my-app", .qsh = QSH, .now = now, .lifetime = lifetime};
}

static const char *signed_for(struct arena *arena, int64_t lifetime) {
    const struct token_claims claims = claims_for(lifetime);
    return token_sign(arena, &claims, SECRET);
}

static void own_tokens_are_read_and_verified(void **state) {
    const char *text = signed_for(*state, 180);
    struct token token;
    struct fault fault;
    assert_true(token_read(*state, text, now, 0, &token, &fault));
    assert_string_equal(token.issuer, "my-app");
    assert_string_equal(token.qsh, QSH);
    assert_true(token_verify(&token, SECRET, &fault));
    assert_false(token_verify(&token, "another-shared-secret-0123456789abcdef", &fault));
    assert_int_equal(fault.kind, FAULT_REFUSED);
}

static void expiry_has_thirty_seconds_of_leeway(void **state) {
    const char *text = signed_for(*state, 180);
    assert_true(reads(*state, text, now + 180 + 30, 0));
    assert_false(reads(*state, text, now + 180 + 31, 0));
}

static void lifetime_is_capped_only_when_configured(void **state) {
    const char *text = signed_for(*state, 7200);
    assert_true(reads(*state, text, now, 0));
    assert_true(reads(*state, text, now, 7200));
    assert_false(reads(*state, text, now, 7199));
}

/* An app could give its tokens any length of life by an `iat` in the future. */
static void lifetime_is_capped_whatever_iat_says(void **state) {
    struct token_claims claims = claims_for(180);
    claims.now = now + 30;
    assert_true(reads(*state, token_sign(*state, &claims, SECRET), now, 180));
    claims.now = now + 31;
    assert_false(reads(*state, token_sign(*state, &claims, SECRET), now, 180));
    assert_true(reads(*state, token_sign(*state, &claims, SECRET), now, 181));
    assert_true(reads(*state, token_sign(*state, &claims, SECRET), now, 0));
}

/* The bytes of the part of a token at `text`, which ends at its length; owned by the arena. */
static unsigned char *part_bytes(struct arena *arena, const char *text, size_t length,
                                 size_t *size) {
    struct base64_decode_ctx context;
    unsigned char *bytes = arena_alloc(arena, BASE64_DECODE_LENGTH(length) + 1);
    base64url_decode_init(&context);
    assert_true(base64_decode_update(&context, size, bytes, length, text));
    return bytes;
}

/* The JSON of part 0, the header, or 1, the claims. */
static const char *part_text(struct arena *arena, const char *token, int part) {
    size_t size;
    const char *text = part == 0 ? token : strchr(token, '.') + 1;
    return (const char *)part_bytes(arena, text, strcspn(text, "."), &size);
}

/* Asserts that the JSON text has exactly these members. */
static void assert_json(struct arena *arena, const char *text, const char *expected) {
    struct json_object *value = unit_json(arena, text), *wanted = unit_json(arena, expected);
    if (!json_object_equal(value, wanted))
        fail_msg("%s is not %s", text, json_text(wanted));
}

/* Whether OpenSSL, without libjwt, finds that the key signed the token by RS256 (RFC 7518, 3.3). */
static bool openssl_accepts(struct arena *arena, const char *token, const char *public_key) {
    const char *dot = strrchr(token, '.');
    size_t size;
    unsigned char *signature = part_bytes(arena, dot + 1, strlen(dot + 1), &size);
    BIO *memory = BIO_new_mem_buf(public_key, -1);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(memory, NULL, NULL, NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
    bool ok = EVP_DigestVerify(context, signature, size, (const unsigned char *)token,
                               (size_t)(dot - token)) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    BIO_free(memory);
    return ok;
}

static void hosts_sign_with_a_private_key(void **state) {
    const char *key = NULL, *public_key = NULL, *other = NULL, *other_public_key = NULL;
    const char *token = NULL;
    struct fault fault;
    assert_true(rsa_key_generate(*state, &key, &public_key, &fault));
    assert_true(rsa_key_generate(*state, &other, &other_public_key, &fault));
    struct token_claims claims = claims_for(180);
    claims.audience = "https://app.example.com/base";
    claims.from_host = true;
    assert_true(token_sign_rs256(*state, &claims, key, "key-1", &token, &fault));
    assert_json(*state, part_text(*state, token, 0), "{'alg':'RS256','typ':'JWT','kid':'key-1'}");
    assert_json(*state, part_text(*state, token, 1),
                "{'iss':'my-app','iat':1700000000,'exp':1700000180,'qsh':'" QSH "',"
                "'aud':['https://app.example.com/base'],'context':{}}");
    assert_true(openssl_accepts(*state, token, public_key));
    assert_false(openssl_accepts(*state, token, other_public_key));
}

static void claims_are_left_out_when_not_wanted(void **state) {
    const char *token = signed_for(*state, 60);
    assert_json(*state, part_text(*state, token, 0), "{'alg':'HS256','typ':'JWT'}");
    assert_json(*state, part_text(*state, token, 1),
                "{'iss':'my-app','iat':1700000000,'exp':1700000060,'qsh':'" QSH "'}");
}

static void keys_that_cannot_sign_are_reported(void **state) {
    const char *key = NULL, *public_key = NULL;
    struct fault fault;
    assert_true(rsa_key_generate(*state, &key, &public_key, &fault));
    const char *const keys[] = {"", "secret-that-is-no-key", public_key,
                                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"};
    const struct token_claims claims = claims_for(180);
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        const char *token = NULL;
        assert_false(token_sign_rs256(*state, &claims, keys[i], "key-1", &token, &fault));
        assert_int_equal(fault.kind, FAULT_INTERNAL);
        assert_contains(fault.text, "key-1");
        assert_null(strstr(fault.text, "secret"));
    }
}

static void what_is_not_a_token_is_refused(void **state) {
    static const char *const texts[] = {"",      ".",       "..",         "a.b",
                                        "a.b.c", "a.b.c.d", "eyJ9.eyJ9.", "\xff.\xff.\xff"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        assert_false(reads(*state, texts[i], now, 0));
    char *long_text = arena_alloc(*state, LIMIT_TOKEN + 8);
    memset(long_text, 'a', LIMIT_TOKEN + 7);
    long_text[10] = long_text[20] = '.';
    assert_false(reads(*state, long_text, now, 0));
}

/* libjwt reads no further than the NUL, so that what follows would be signed but not seen. */
static void text_behind_a_nul_is_refused(void **state) {
    const char *good = signed_for(*state, 180);
    size_t size;
    const char *claims = strchr(good, '.') + 1;
    unsigned char *bytes = part_bytes(*state, claims, strcspn(claims, "."), &size);
    for (int nul = 0; nul < 2; nul++) {
        char encoded[BASE64_ENCODE_RAW_LENGTH(LIMIT_TOKEN)];
        struct base64_encode_ctx context;
        bytes[size] = nul ? '\0' : ' ';
        base64url_encode_init(&context);
        size_t length = base64_encode_update(&context, encoded, size + 1, bytes);
        length += base64_encode_final(&context, encoded + length);
        while (encoded[length - 1] == '=')
            length--;
        const char *text = arena_format(*state, "%.*s.%.*s.AAAA", (int)(claims - 1 - good), good,
                                        (int)length, encoded);
        assert_int_equal(reads(*state, text, now, 0), !nul);
    }
}

static const char *token_of(struct arena *arena, const char *target, const char *header) {
    return authentication_token(arena, unit_request(arena, "GET", target, "").query, header);
}

static void tokens_come_in_header_or_parameter(void **state) {
    assert_string_equal(token_of(*state, "/", "JWT abc"), "abc");
    assert_string_equal(token_of(*state, "/", "jwt  abc "), "abc");
    assert_string_equal(token_of(*state, "/?a=1&jwt=from-query", "JWT abc"), "from-query");
    assert_string_equal(token_of(*state, "/?jwt=", "JWT abc"), "abc");
    assert_null(token_of(*state, "/", NULL));
    assert_null(token_of(*state, "/", "JWT "));
    assert_null(token_of(*state, "/", "JWTabc"));
    assert_null(token_of(*state, "/", "Bearer abc"));
    assert_null(token_of(*state, "/", "Basic abc"));
    assert_null(token_of(*state, "/?JWT=abc", NULL));
    assert_string_equal(token_of(*state, "/?jwt=abc%00", "JWT abc"), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(every_vector_gets_its_answer),
        UNIT_TEST(own_tokens_are_read_and_verified),
        UNIT_TEST(expiry_has_thirty_seconds_of_leeway),
        UNIT_TEST(lifetime_is_capped_only_when_configured),
        UNIT_TEST(lifetime_is_capped_whatever_iat_says),
        UNIT_TEST(hosts_sign_with_a_private_key),
        UNIT_TEST(claims_are_left_out_when_not_wanted),
        UNIT_TEST(keys_that_cannot_sign_are_reported),
        UNIT_TEST(what_is_not_a_token_is_refused),
        UNIT_TEST(text_behind_a_nul_is_refused),
        UNIT_TEST(tokens_come_in_header_or_parameter),
    };
    return UNIT_RUN(tests);
}

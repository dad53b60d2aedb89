/* SHA-256 and HMAC-SHA-256 against published vectors. */
#include <stdio.h>

#include "base/digest.h"
#include "unit.h"

static void assert_digest(const unsigned char digest[DIGEST_SIZE], const char *expected) {
    char hex[2 * DIGEST_SIZE + 1];
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(hex, expected);
}

/* FIPS 180-4, the examples of NIST; twice, since the algorithm is kept from the first time on. */
static void sha256_agrees_with_the_standard(void **state) {
    (void)state;
    unsigned char digest[DIGEST_SIZE];
    for (int round = 0; round < 2; round++) {
        digest_sha256("abc", 3, digest);
        assert_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        digest_sha256("", 0, digest);
        assert_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}

/* RFC 4231, test cases 2 and 6 (whose key is longer than a block), and 2 again: a key must leave
 * nothing behind. */
static void hmac_agrees_with_rfc_4231(void **state) {
    static const char jefe[] = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    static const char question[] = "what do ya want for nothing?";
    static const char larger[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    unsigned char digest[DIGEST_SIZE];
    digest_hmac_sha256("Jefe", question, sizeof question - 1, digest);
    assert_digest(digest, jefe);
    digest_hmac_sha256(unit_repeat(*state, "\xaa", 131), larger, sizeof larger - 1, digest);
    assert_digest(digest, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    digest_hmac_sha256("Jefe", question, sizeof question - 1, digest);
    assert_digest(digest, jefe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(sha256_agrees_with_the_standard),
        UNIT_TEST(hmac_agrees_with_rfc_4231),
    };
    return UNIT_RUN(tests);
}

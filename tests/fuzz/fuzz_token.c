/* Fuzzes the token intake. The first byte chooses whether the rest is a whole token, or header and
 * claims (with a line end between them) of which a token is made and signed here. */
#include <nettle/base64.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/utf8.h"
#include "connect/authentication.h"
#include "connect/token.h"
#include "fuzz.h"

#define SECRET "a-secret-of-at-least-32-characters"

enum { NOW = 1700000000, LIFETIME = 3600, MADE_HERE = 1, SIGNED_WRONG = 2 };

static void add_base64url(struct buffer *text, const void *bytes, size_t length) {
    struct base64_encode_ctx context;
    char *encoded = memory_alloc(BASE64_ENCODE_LENGTH(length) + BASE64_ENCODE_FINAL_LENGTH);
    base64url_encode_init(&context);
    size_t size = base64_encode_update(&context, encoded, length, bytes);
    size += base64_encode_final(&context, encoded + size);
    while (size > 0 && encoded[size - 1] == '=')
        size--;
    buffer_add(text, encoded, size);
    free(encoded);
}

static const char *make_token(struct arena *arena, const uint8_t *data, size_t size,
                              const char *secret) {
    const uint8_t *end = memchr(data, '\n', size);
    size_t header = end == NULL ? size : (size_t)(end - data);
    size_t claims = end == NULL ? 0 : size - header - 1;
    struct buffer text;
    buffer_init(&text, 4 * size + 100);
    add_base64url(&text, data, header);
    buffer_add_byte(&text, '.');
    add_base64url(&text, data + size - claims, claims);
    unsigned char digest[DIGEST_SIZE];
    digest_hmac_sha256(secret, buffer_text(&text), text.length, digest);
    buffer_add_byte(&text, '.');
    add_base64url(&text, digest, sizeof digest);
    return buffer_to_arena(&text, arena);
}

/* What the header carries is what is found, and nothing else is. */
static void check_header(struct arena *arena, const char *text) {
    static const struct query none;
    const char *found = authentication_token(arena, &none, arena_format(arena, "JWT %s", text));
    require(found == NULL || strstr(text, found) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct arena *arena = arena_new();
    struct token token;
    struct fault fault = {.text = ""};
    bool made_here = data[0] & MADE_HERE, wrong = data[0] & SIGNED_WRONG;
    const char *text = made_here ? make_token(arena, data + 1, size - 1, wrong ? "other" : SECRET)
                                 : arena_copy(arena, data + 1, size - 1);
    if (token_read(arena, text, NOW, LIFETIME, &token, &fault)) {
        require(strlen(text) <= LIMIT_TOKEN);
        require(utf8_valid_prefix(token.issuer, strlen(token.issuer)) == strlen(token.issuer));
        /* Nobody finds a signature by chance. */
        require(token_verify(&token, SECRET, &fault) == (made_here && !wrong));
    }
    require(utf8_valid_prefix(fault.text, strlen(fault.text)) == strlen(fault.text));
    check_header(arena, text);
    arena_free(arena);
    return 0;
}

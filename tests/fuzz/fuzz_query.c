/* Fuzzes request targets, queries and all forms of the query string hash: the first byte chooses
 * the form and the context path, the rest is the target. */
#include "base/percent.h"
#include "base/utf8.h"
#include "connect/qsh.h"
#include "fuzz.h"
#include "http/uri.h"

enum { VARIANTS = 0x1f, HAS_CONTEXT_PATH = 0x20 };

static void check_path(struct arena *arena, const char *path) {
    struct uri_path parts;
    if (!uri_split_path(arena, path, &parts))
        return;
    require(parts.count > 0);
    for (size_t i = 0; i < parts.count; i++) {
        const char *segment = parts.segments[i];
        size_t length = strlen(segment);
        require(utf8_valid_prefix(segment, length) == length);
        require(strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0);
    }
}

/* What is encoded decodes to itself again, and is made of what a query may hold. */
static void check_encoding(struct arena *arena, const char *bytes, size_t length) {
    require(utf8_valid_prefix(bytes, length) == length);
    struct buffer encoded;
    buffer_init(&encoded, 3 * length);
    percent_encode(&encoded, bytes, length);
    require(!encoded.overflow);
    size_t decoded_length = 0;
    char *decoded =
        percent_decode_query(arena, buffer_text(&encoded), encoded.length, &decoded_length);
    require(decoded != NULL && decoded_length == length && memcmp(decoded, bytes, length) == 0);
    buffer_free(&encoded);
}

static void check_hash(struct arena *arena, const struct qsh_request *request, unsigned variants) {
    char hash[QSH_LENGTH + 1];
    const char *host_canonical = qsh_canonical(arena, request, 0);
    const char *canonical = qsh_canonical(arena, request, variants);
    qsh_hash(canonical, hash);
    const char *form = qsh_match(arena, request, host_canonical, hash, QSH_LENGTH);
    require(form != NULL);
    require((strcmp(form, "host form") == 0) == (strcmp(canonical, host_canonical) == 0));
    hash[0] = hash[0] == '0' ? '1' : '0';
    require(qsh_match(arena, request, host_canonical, hash, QSH_LENGTH) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct arena *arena = arena_new();
    struct uri_target target;
    struct query query;
    struct fault fault;
    char *text = arena_copy(arena, data + 1, size - 1);
    if (uri_split_target(arena, text, &target, &fault) &&
        query_parse(arena, target.query, &query, &fault)) {
        check_path(arena, target.path);
        for (size_t i = 0; i < query.count; i++) {
            const struct query_parameter *parameter = &query.parameters[i];
            require(parameter->name_length > 0);
            check_encoding(arena, parameter->name, parameter->name_length);
            check_encoding(arena, parameter->value, parameter->value_length);
        }
        const char *context_path = data[0] & HAS_CONTEXT_PATH ? "/jira" : "";
        struct qsh_request request = {"GET", target.path, context_path, &query};
        check_hash(arena, &request, data[0] & VARIANTS);
    }
    arena_free(arena);
    return 0;
}

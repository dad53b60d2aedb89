/* Fuzzes the schema validator: a schema, a NUL byte, a value. The first also serves as the
 * document that the schema may refer to as "x:y". */
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "connect/json_schema.h"

enum { NESTING = 64, FEW = 2, MANY = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
    if (!holds)
        abort();
}

/* As lenient as json-c is, so that odd values come through: NaN, names twice, no UTF-8. */
static bool parse(const char *text, struct json_object **value) {
    struct json_tokener *tokener = json_tokener_new_ex(NESTING);
    *value = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
    bool parsed = json_tokener_get_error(tokener) == json_tokener_success;
    json_tokener_free(tokener);
    return parsed;
}

static void require_printable(const char *text) {
    for (; *text != '\0'; text++)
        require((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static size_t check(const struct json_schema *schema, struct json_object *value, size_t maximum) {
    struct arena *arena = arena_new();
    struct json_violations found;
    bool valid = json_schema_validate(schema, value, arena, maximum, &found);
    require(valid == (found.total == 0));
    require(found.count == (found.total < maximum ? found.total : maximum));
    for (size_t i = 0; i < found.count; i++) {
        require(strlen(found.list[i].pointer) <= 4 * LIMIT_ECHO + strlen("..."));
        require_printable(found.list[i].pointer);
        require_printable(found.list[i].text);
        require(found.list[i].keyword[0] != '\0');
    }
    size_t total = found.total;
    arena_free(arena);
    return total;
}

static void validate(struct json_object *root, struct json_object *value) {
    struct json_schema_document document = {"x:y", root};
    struct json_schema *schema;
    struct fault fault;
    if (json_schema_compile(root, &document, 1, &schema, &fault)) {
        require(check(schema, value, FEW) == check(schema, value, MANY));
        check(schema, root, MANY);
        json_schema_free(schema);
    } else {
        require(fault.kind == FAULT_INPUT && strchr(fault.text, '#') != NULL);
        require_printable(fault.text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json_object *root = NULL, *value = NULL;
    char *text = memory_copy(data, size);
    const char *instance = text + strlen(text) + (strlen(text) < size ? 1 : 0);
    if (parse(text, &root) && parse(instance, &value))
        validate(root, value);
    json_object_put(root);
    json_object_put(value);
    free(text);
    return 0;
}

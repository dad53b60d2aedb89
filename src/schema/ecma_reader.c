/* A regular expression of ECMA-262 while it is read. */
#include "schema/ecma_reader.h"

#include <string.h>

#include "base/utf8.h"

bool schema_ecma_wrong(struct schema_ecma_reader *reader, const char *text) {
    *reader->problem = (struct schema_ecma_problem){text, (size_t)(reader->at - reader->source)};
    return false;
}

bool schema_ecma_take(struct schema_ecma_reader *reader, const char *text) {
    size_t length = strlen(text);
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, text, length) != 0)
        return false;
    reader->at += length;
    return true;
}

uint32_t schema_ecma_take_character(struct schema_ecma_reader *reader) {
    size_t size = utf8_character(reader->at, (size_t)(reader->end - reader->at));
    uint32_t point = utf8_code_point(reader->at, size);
    reader->at += size;
    return point;
}

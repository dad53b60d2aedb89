/* The grammar of JSON (RFC 8259) and the limits that dynmod adds to it. */
#ifndef DYNMOD_JSON_JSON_GRAMMAR_H
#define DYNMOD_JSON_JSON_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

/* Whether `text` is one JSON text that json-c parses without losing anything; the rules are listed
 * at json_parse() in json/json.h. The fault names line and column. */
bool json_grammar_check(const char *text, size_t length, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Whether `text` is that, but for names that may appear twice in one object, which would take more
 * time to see than all the rest. Sets *members to how many members all its objects have. */
bool json_grammar_members(const char *text, size_t length, size_t *members)
    __attribute__((nonnull, warn_unused_result));

#endif

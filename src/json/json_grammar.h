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

#endif

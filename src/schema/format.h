/* The formats that the keyword "format" knows. */
#ifndef DYNMOD_SCHEMA_FORMAT_H
#define DYNMOD_SCHEMA_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

struct schema_format {
    const char *name;
    const char *phrase; /* for people, to follow "must be " */
    bool (*valid)(const char *text, size_t length);
};

/* The format `name`; NULL when it is unknown and so asserts nothing. */
const struct schema_format *schema_format_named(const char *name) __attribute__((nonnull));

#endif

/* A regular expression of ECMA-262 while it is read. */
#ifndef DYNMOD_SCHEMA_ECMA_READER_H
#define DYNMOD_SCHEMA_ECMA_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is wrong with a regular expression. */
struct schema_ecma_problem {
    const char *text; /* for people, to follow "is not a valid regular expression: " */
    size_t at;        /* how many bytes of the source precede it */
};

/* A source, which is well-formed UTF-8, and the place reached in it. */
struct schema_ecma_reader {
    const char *source;
    const char *at;
    const char *end;
    struct schema_ecma_problem *problem;
};

/* Fills the problem with `text` and the place reached; returns false. */
bool schema_ecma_wrong(struct schema_ecma_reader *reader, const char *text)
    __attribute__((nonnull));
/* Moves over `text` when the rest of the source begins with it. */
bool schema_ecma_take(struct schema_ecma_reader *reader, const char *text) __attribute__((nonnull));
/* Moves over one character and returns its code point; the source must not be at its end. */
uint32_t schema_ecma_take_character(struct schema_ecma_reader *reader) __attribute__((nonnull));

#endif

/* Why something failed: the one error idiom of dynmod. */
#ifndef DYNMOD_BASE_FAULT_H
#define DYNMOD_BASE_FAULT_H

#include <stdbool.h>

#include "base/limits.h"

enum fault_kind {
    FAULT_INPUT,       /* the input is wrong; the same input will fail again */
    FAULT_REFUSED,     /* the caller may not do this */
    FAULT_NOT_FOUND,   /* what was asked for does not exist */
    FAULT_CONFLICT,    /* it conflicts with what already exists */
    FAULT_BUSY,        /* the caller has asked for too much at once; soon it may be done */
    FAULT_UNAVAILABLE, /* database, network or files failed; trying again later may work */
    FAULT_UNKNOWN,     /* the same, but nobody knows whether the change was made */
    FAULT_INTERNAL,    /* a bug or a broken installation */
};

/* A function that can fail returns false and fills in the fault; on success it leaves it alone. */
struct fault {
    enum fault_kind kind;
    char text[LIMIT_FAULT_TEXT]; /* for people: names the thing and the rule, never a secret */
};

/* Fills in the fault. */
void fault_fill(struct fault *fault, enum fault_kind kind, const char *format, ...)
    __attribute__((nonnull, format(printf, 3, 4)));

static inline bool fault_is_failure(void) {
    return false;
}

/* The same, and is false, so that a function can fail with `return fault_set(…)`: not a function,
 * so that whoever reads one source file alone, as analyzers do, sees that it is. */
#define fault_set(...) (fault_fill(__VA_ARGS__), fault_is_failure())

#endif

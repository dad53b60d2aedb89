/* What the fuzzers share. */
#ifndef DYNMOD_TESTS_FUZZ_FUZZ_H
#define DYNMOD_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Called by libFuzzer for each input; returns 0. What must never happen ends in abort(). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts unless the condition holds. */
static inline void require(bool holds) {
    if (!holds)
        abort();
}

#endif

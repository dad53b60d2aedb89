/* Credentials that are refused: how often, from where, and why. */
#ifndef DYNMOD_HOST_REFUSALS_H
#define DYNMOD_HOST_REFUSALS_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/metrics.h"
#include "http/exchange.h"

/* Whether the client's address has not had more credentials refused in this minute than the option
 * refused_rate allows. Otherwise answers with 429; nothing else needs to be looked at. */
bool refusals_admit(struct exchange *exchange) __attribute__((nonnull, warn_unused_result));

/* Counts a refusal that has been answered, for the metrics as one for `reason`, and makes `text`
 * the note of the response. */
void refusals_note(struct exchange *exchange, enum metrics_refusal reason, const char *text)
    __attribute__((nonnull));

#endif

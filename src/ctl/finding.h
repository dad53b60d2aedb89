/* What doctor has found, or setup has done, in order. */
#ifndef DYNMOD_CTL_FINDING_H
#define DYNMOD_CTL_FINDING_H

#include <json-c/json.h>
#include <stddef.h>

#include "ctl/invocation.h"

enum finding_level {
    FINDING_OK,
    FINDING_NOTE,    /* could not be checked, or is up to the operator */
    FINDING_WARNING, /* works, but not well or not in every case */
    FINDING_ERROR,   /* something does not work */
    FINDING_PRESENT, /* was there already; these are what setup says */
    FINDING_DONE,
    FINDING_PLANNED, /* would be done */
};

struct findings {
    struct invocation *invocation;
    struct json_object *list; /* of {"level", "check", "text"} */
    size_t errors;
};

/* An empty list, owned by the invocation's arena. */
void findings_init(struct findings *findings, struct invocation *invocation)
    __attribute__((nonnull));
/* Adds a finding; `check` names what was checked. */
void findings_add(struct findings *findings, enum finding_level level, const char *check,
                  const char *format, ...) __attribute__((nonnull, format(printf, 4, 5)));
/* Prints them all. */
void findings_print(const struct findings *findings) __attribute__((nonnull));

#endif

/* What SQLSTATEs mean to callers. */
#ifndef DYNMOD_STORE_SQLSTATE_H
#define DYNMOD_STORE_SQLSTATE_H

#include <stdbool.h>

#include "base/fault.h"

/* Whether `sqlstate` begins with `prefix`, such as a class. */
bool sqlstate_begins(const char *sqlstate, const char *prefix) __attribute__((nonnull, pure));
/* Whether it is one of those in `list`, which spaces separate; "" is not. */
bool sqlstate_is_one_of(const char *sqlstate, const char *list) __attribute__((nonnull, pure));
/* The kind of fault that it is, see database_query(). */
enum fault_kind sqlstate_fault(const char *sqlstate) __attribute__((nonnull, pure));

#endif

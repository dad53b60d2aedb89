/* What doctor checks of the configuration. */
#ifndef DYNMOD_CTL_DOCTOR_CONFIG_H
#define DYNMOD_CTL_DOCTOR_CONFIG_H

#include <stdbool.h>

#include "ctl/finding.h"

/* Reads the configuration with the eyes of findings->user, and if that is not possible with those
 * of the caller, so that the rest can be checked; sets findings->where. Returns whether it has been
 * read at all. */
bool doctor_check_config(struct findings *findings) __attribute__((nonnull));

#endif

/* What "module list --json" prints, as something to register. */
#ifndef DYNMOD_CTL_LISTING_H
#define DYNMOD_CTL_LISTING_H

#include <json-c/json.h>

#include "base/memory.h"
#include "connect/module_type.h"

/* If `sent` is such a listing, its dynamic modules as module_list_read() takes them, each at its
 * index in the listing and owned by the arena; of a listing of several apps only those of
 * `app_key`. Otherwise `sent` itself. */
struct json_object *listing_to_maps(struct arena *arena, const struct module_types *types,
                                    const char *app_key, struct json_object *sent)
    __attribute__((nonnull(1, 2, 3), warn_unused_result));

#endif

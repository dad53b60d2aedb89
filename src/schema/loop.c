/* Circles and chains of schemas that apply one another to the same place of the value. */
#include "schema/loop.h"

#include "base/limits.h"

/* Measures the height of the tree of schemas below `location`, which has `depth` others above. */
static bool measure(struct schema_registry *registry, struct schema_location *location,
                    unsigned depth) {
    struct schema_spot spot = {location, NULL, NULL, SCHEMA_NO_INDEX};
    if (location->open)
        return schema_registry_refuse(registry, &spot,
                                      "refers to itself without descending into the value");
    if (depth + location->height > LIMIT_SCHEMA_CHAIN)
        return schema_registry_refuse(registry, &spot,
                                      "is reached through more than %d schemas for the same place",
                                      LIMIT_SCHEMA_CHAIN);
    if (location->height > 0)
        return true;
    location->open = true;
    unsigned highest = 0;
    for (struct schema_link *link = location->in_place; link != NULL; link = link->next) {
        if (!measure(registry, link->location, depth + 1))
            return false;
        if (link->location->height > highest)
            highest = link->location->height;
    }
    location->open = false;
    location->height = highest + 1;
    return true;
}

bool schema_loop_check(struct schema_registry *registry, struct schema_location *location) {
    return measure(registry, location, 0);
}

/* The module types in the database. */
#include "host/stored_types.h"

#include "store/store_module_type.h"

bool stored_types_read(struct database *database, struct arena *arena, struct module_types **types,
                       struct fault *fault) {
    const char *json;
    return store_types_document(database, arena, &json, fault) &&
           module_types_read_into(arena, json, types, fault);
}

/* What "module list --json" prints, as something to register. */
#include "ctl/listing.h"

#include <string.h>

#include "connect/module_list.h"
#include "json/json.h"

/* The definition is null where the history has dropped it. */
static bool is_row(struct json_object *row) {
    struct json_object *definition = NULL;
    return json_object_is_type(row, json_type_object) && json_member_text(row, "type") != NULL &&
           json_member_text(row, "origin") != NULL &&
           json_object_object_get_ex(row, "definition", &definition) &&
           (definition == NULL || json_object_is_type(definition, json_type_object));
}

static bool is_listing(struct json_object *sent) {
    if (!json_object_is_type(sent, json_type_array) || json_object_array_length(sent) == 0)
        return false;
    for (size_t i = 0; i < json_object_array_length(sent); i++)
        if (!is_row(json_object_array_get_idx(sent, i)))
            return false;
    return true;
}

static const char *app_of(struct json_object *row) {
    const char *key = json_member_text(row, "app");
    return key == NULL ? "" : key;
}

static bool has_several_apps(struct json_object *listing) {
    const char *first = app_of(json_object_array_get_idx(listing, 0));
    for (size_t i = 1; i < json_object_array_length(listing); i++)
        if (strcmp(app_of(json_object_array_get_idx(listing, i)), first) != 0)
            return true;
    return false;
}

struct json_object *listing_to_maps(struct arena *arena, const struct module_types *types,
                                    const char *app_key, struct json_object *sent) {
    if (!is_listing(sent))
        return sent;
    bool several = has_several_apps(sent);
    struct json_object *maps = json_keep(arena, json_object_new_array());
    for (size_t i = 0; i < json_object_array_length(sent); i++) {
        struct json_object *row = json_object_array_get_idx(sent, i);
        bool wanted = strcmp(json_member_text(row, "origin"), "dynamic") == 0 &&
                      (!several || strcmp(app_of(row), app_key) == 0);
        json_object_array_add(maps, wanted ? module_list_map(types, json_member_text(row, "type"),
                                                             json_member(row, "definition"))
                                           : json_object_new_object());
    }
    return maps;
}

/* The addresses in modules, which the host product puts into its pages. */
#include "connect/module_urls.h"

#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "json/json.h"
#include "json/json_pointer.h"

struct search {
    const struct module_rule *rule;
    struct problem_list *problems;
    struct buffer pointer; /* to where the search is: only a problem gets a copy */
};

static bool is_container(struct json_object *value) {
    return json_object_is_type(value, json_type_object) ||
           json_object_is_type(value, json_type_array);
}

static bool names_address(const char *name) {
    static const char end[] = "url";
    size_t length = strlen(name);
    return length >= sizeof end - 1 && strcasecmp(name + length - (sizeof end - 1), end) == 0;
}

/* Whether the address has this scheme, as browsers read it (WHATWG URL Standard, 4.4): in any case,
 * after control characters and spaces, and with tabs and line ends anywhere. */
static bool has_scheme(const char *address, const char *scheme) {
    while (*address != '\0' && (unsigned char)*address <= ' ')
        address++;
    for (; *scheme != '\0'; scheme++) {
        address += strspn(address, "\t\r\n");
        if (strncasecmp(address, scheme, 1) != 0)
            return false;
        address++;
    }
    return address[strspn(address, "\t\r\n")] == ':';
}

static const char *bad_scheme(const char *address) {
    static const char *const schemes[] = {"javascript", "data", "vbscript", NULL};
    const char *const *scheme = schemes;
    while (*scheme != NULL && !has_scheme(address, *scheme))
        scheme++;
    return *scheme;
}

/* The scheme that the member must not have, or NULL. */
static const char *complain(const char *name, struct json_object *member) {
    return json_object_is_type(member, json_type_string) && names_address(name)
               ? bad_scheme(json_object_get_string(member))
               : NULL;
}

static void report(struct search *search, struct json_object *address, const char *scheme) {
    problem_add(search->problems, search->rule->severity, buffer_text(&search->pointer),
                search->rule->name, "an address must not begin with \"%s:\", as %s does", scheme,
                problem_quote(search->problems->arena, json_object_get_string(address)));
}

static void search_value(struct search *search, struct json_object *value);

/* Most members are neither wrong nor contain others, and need no pointer. */
static void search_members(struct search *search, struct json_object *object) {
    size_t length = search->pointer.length;
    json_object_object_foreach(object, name, member) {
        const char *scheme = complain(name, member);
        if (scheme == NULL && !is_container(member))
            continue;
        json_pointer_add_name(&search->pointer, name);
        if (scheme != NULL)
            report(search, member, scheme);
        search_value(search, member);
        buffer_cut(&search->pointer, length);
    }
}

static void search_elements(struct search *search, struct json_object *array) {
    size_t length = search->pointer.length;
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *element = json_object_array_get_idx(array, i);
        if (!is_container(element))
            continue;
        json_pointer_add_index(&search->pointer, i);
        search_value(search, element);
        buffer_cut(&search->pointer, length);
    }
}

static void search_value(struct search *search, struct json_object *value) {
    if (json_object_is_type(value, json_type_object))
        search_members(search, value);
    else if (json_object_is_type(value, json_type_array))
        search_elements(search, value);
}

void module_urls_scheme(const struct module_rule *rule, const struct module *module,
                        const struct module_surroundings *surroundings,
                        struct problem_list *problems) {
    struct search search = {.rule = rule, .problems = problems};
    (void)surroundings;
    buffer_init(&search.pointer, LIMIT_RESPONSE);
    buffer_add_text(&search.pointer, module->pointer);
    search_members(&search, module->definition);
    buffer_free(&search.pointer);
}

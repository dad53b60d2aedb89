/* Runs the official JSON-Schema-Test-Suite for draft-07, when it is there. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "schema/schema.h"
#include "unit.h"

/* Groups that need a schema from elsewhere; without a description all of the file. */
static const struct {
    const char *file;
    const char *group;
    const char *reason;
} exclusions[] = {
    {"refRemote.json", NULL, "fetches remote schemas from http://localhost:1234/"},
    {"definitions.json", NULL, "fetches http://json-schema.org/draft-07/schema"},
    {"ref.json", "remote ref, containing refs itself",
     "fetches http://json-schema.org/draft-07/schema"},
};

/* Not required of an implementation. These are the files in optional/ for what the validator
 * promises; the others are for formats that it does not know, for the keywords content*, which
 * assert nothing, and for references to other drafts. */
static const char *const optional_files[] = {
    "optional/bignum.json",
    "optional/ecmascript-regex.json",
    "optional/float-overflow.json",
    "optional/id.json",
    "optional/non-bmp-regex.json",
    "optional/unknownKeyword.json",
    "optional/format/date-time.json",
    "optional/format/date.json",
    "optional/format/ecmascript-regex.json",
    "optional/format/email.json",
    "optional/format/hostname.json",
    "optional/format/idn-email.json",
    "optional/format/idn-hostname.json",
    "optional/format/ipv4.json",
    "optional/format/ipv6.json",
    "optional/format/json-pointer.json",
    "optional/format/regex.json",
    "optional/format/time.json",
    "optional/format/unknown.json",
    "optional/format/uri-reference.json",
    "optional/format/uri-template.json",
    "optional/format/uri.json",
};

struct counts {
    size_t passed, excluded, failed;
};

static const char *folder;

static struct json_object *member(struct json_object *object, const char *name) {
    struct json_object *value = NULL;
    json_object_object_get_ex(object, name, &value);
    return value;
}

static const char *exclusion(const char *file, const char *group) {
    for (size_t i = 0; i < ARRAY_LENGTH(exclusions); i++)
        if (strcmp(exclusions[i].file, file) == 0 &&
            (exclusions[i].group == NULL || strcmp(exclusions[i].group, group) == 0))
            return exclusions[i].reason;
    return NULL;
}

static bool run_case(const struct schema *schema, struct json_object *test) {
    struct arena *arena = arena_new();
    struct schema_violations violations;
    bool expected = json_object_get_boolean(member(test, "valid"));
    bool valid = schema_validate(schema, member(test, "data"), arena, 10, &violations);
    bool passed = valid == expected && (valid ? violations.total == 0 : violations.total > 0);
    arena_free(arena);
    return passed;
}

static void run_group(const char *file, struct json_object *group, struct counts *counts) {
    const char *name = json_object_get_string(member(group, "description"));
    struct json_object *tests = member(group, "tests");
    size_t count = json_object_array_length(tests);
    struct schema *schema = NULL;
    struct fault fault;
    const char *reason = exclusion(file, name);
    if (reason != NULL) {
        printf("# excluded: %zu of %s, \"%s\": %s\n", count, file, name, reason);
        counts->excluded += count;
        return;
    }
    bool compiled = schema_compile(member(group, "schema"), NULL, 0, &schema, &fault);
    if (!compiled)
        printf("# %s, \"%s\": %s\n", file, name, fault.text);
    for (size_t i = 0; i < count; i++) {
        struct json_object *test = json_object_array_get_idx(tests, i);
        if (compiled && run_case(schema, test)) {
            counts->passed++;
        } else {
            counts->failed++;
            printf("# failed: %s, \"%s\": %s\n", file, name,
                   json_object_get_string(member(test, "description")));
        }
    }
    schema_free(schema);
}

static struct counts run_file(const char *file) {
    struct counts counts = {0, 0, 0};
    struct arena *arena = arena_new();
    struct json_object *groups = unit_json_file(arena, arena_format(arena, "%s/%s", folder, file));
    for (size_t i = 0; i < json_object_array_length(groups); i++)
        run_group(file, json_object_array_get_idx(groups, i), &counts);
    arena_free(arena);
    return counts;
}

static void print_counts(const char *what, struct counts counts) {
    printf("# %s: %zu passed, %zu excluded, %zu failed\n", what, counts.passed, counts.excluded,
           counts.failed);
}

static void add(struct counts *sum, struct counts counts) {
    sum->passed += counts.passed;
    sum->excluded += counts.excluded;
    sum->failed += counts.failed;
}

static int is_json(const struct dirent *entry) {
    const char *suffix = strrchr(entry->d_name, '.');
    return suffix != NULL && strcmp(suffix, ".json") == 0;
}

static void required_tests_pass(void **state) {
    (void)state;
    struct counts sum = {0, 0, 0};
    struct dirent **entries;
    int count = scandir(folder, &entries, is_json, alphasort);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        add(&sum, run_file(entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    print_counts("official suite for draft-07, required tests", sum);
    assert_true(sum.passed > 0);
    assert_int_equal(sum.failed, 0);
}

static void optional_tests_pass(void **state) {
    (void)state;
    struct counts sum = {0, 0, 0};
    for (size_t i = 0; i < ARRAY_LENGTH(optional_files); i++) {
        struct counts counts = run_file(optional_files[i]);
        print_counts(optional_files[i], counts);
        add(&sum, counts);
    }
    print_counts("official suite for draft-07, optional tests", sum);
    assert_true(sum.passed > 0);
    assert_int_equal(sum.failed, 0);
}

static bool has_folder(void) {
    DIR *opened = opendir(folder);
    if (opened != NULL)
        closedir(opened);
    return opened != NULL;
}

int main(void) {
    const char *named = getenv("JSON_SCHEMA_TEST_SUITE");
    folder = named != NULL ? named : "../shared/data/json-schema-test-suite/draft7";
    if (named == NULL && !has_folder()) { /* a folder that was named has to be there */
        printf("1..0 # SKIP the official JSON-Schema-Test-Suite is not in %s; none of it was run. "
               "JSON_SCHEMA_TEST_SUITE may name the folder of its draft-07 files.\n",
               folder);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(required_tests_pass),
        cmocka_unit_test(optional_tests_pass),
    };
    return UNIT_RUN(tests);
}

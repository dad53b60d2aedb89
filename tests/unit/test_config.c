/* The configuration file: values, mistakes, and that the documents name every option. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "unit.h"

/* The path of a new file with this text, which is removed with the arena. */
static char *write_file(struct arena *arena, const char *text) {
    char *path = unit_file(arena);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static bool load(struct arena *arena, const char *text, struct config *config,
                 struct fault *fault) {
    return config_load(arena, write_file(arena, text), config, fault);
}

static void an_empty_file_gives_the_defaults(void **state) {
    struct config config;
    struct fault fault;
    assert_true(load(*state, "", &config, &fault));
    assert_string_equal(config.database, "dbname=dynmod");
    assert_true(config.prepared_statements);
    assert_false(config.auth_hints);
    assert_int_equal(config.max_body_bytes, 1048576);
    assert_int_equal(config.max_token_lifetime, 0);
    assert_int_equal(config.log_level, LOG_LEVEL_INFO);
}

static void values_are_read(void **state) {
    struct config config;
    struct fault fault;
    assert_true(load(*state,
                     "# a comment\n\n  database =  host=/run dbname=x  \r\n"
                     "prepared_statements=off\nauth_hints = Yes\nmax_body_bytes = 2048\n"
                     "log_level = debug",
                     &config, &fault));
    assert_string_equal(config.database, "host=/run dbname=x");
    assert_false(config.prepared_statements);
    assert_true(config.auth_hints);
    assert_int_equal(config.max_body_bytes, 2048);
    assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
}

static void mistakes_are_named_with_their_line(void **state) {
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"metrics_addresses = 10.0.0.0/8 localhost",
         ":1: metrics_addresses must be addresses and networks"},
        {"\nnonsense", ":2: expected"},
        {"datbase = x", ":1: unknown option \"datbase\""},
        {"auth_hints = maybe", ":1: auth_hints must be on or off"},
        {"max_body_bytes = 12", "from 1024"},
        {"max_body_bytes = 1e6", "an integer"},
        {"max_body_bytes =", "an integer"},
        {"log_level = loud", "error, warning, info or debug"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct config config;
        struct fault fault = {0};
        assert_false(load(*state, cases[i].text, &config, &fault));
        assert_int_equal(fault.kind, FAULT_INPUT);
        assert_contains(fault.text, cases[i].expected);
    }
}

static void a_password_must_not_be_public(void **state) {
    struct config config;
    struct fault fault;
    char *path = write_file(*state, "database = host=db password=hidden-word\n");
    assert_true(config_load(*state, path, &config, &fault));
    assert_int_equal(chmod(path, 0640), 0);
    assert_true(config_load(*state, path, &config, &fault));
    assert_int_equal(chmod(path, 0644), 0);
    assert_false(config_load(*state, path, &config, &fault));
    assert_null(strstr(fault.text, "hidden-word"));
    path = write_file(*state, "metrics_token = hidden-word\n");
    assert_int_equal(chmod(path, 0644), 0);
    assert_false(config_load(*state, path, &config, &fault));
    assert_null(strstr(fault.text, "hidden-word"));
    path = write_file(*state, "database = host=db\n");
    assert_int_equal(chmod(path, 0644), 0);
    assert_true(config_load(*state, path, &config, &fault));
}

static void the_environment_names_a_file(void **state) {
    struct config config;
    struct fault fault;
    setenv("DYNMOD_CONFIG", write_file(*state, "max_body_bytes = 4096\n"), 1);
    assert_true(config_load(*state, NULL, &config, &fault));
    assert_int_equal(config.max_body_bytes, 4096);
    setenv("DYNMOD_CONFIG", "/nonexistent/dynmod.conf", 1);
    assert_false(config_load(*state, NULL, &config, &fault));
    assert_int_equal(fault.kind, FAULT_UNAVAILABLE);
    assert_contains(fault.text, "/nonexistent/dynmod.conf");
    unsetenv("DYNMOD_CONFIG");
}

static char *read_document(struct arena *arena, const char *path) {
    enum { MOST = 1 << 20 };
    char *text = arena_alloc(arena, MOST + 1);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s is missing", path);
    else {
        text[fread(text, 1, MOST, file)] = '\0';
        fclose(file);
    }
    return text;
}

static void documents_name_every_option_with_its_default(void **state) {
    char *readme = read_document(*state, "README.md");
    char *sample = read_document(*state, "dev/sample/dynmod.conf");
    int count = 0;
    for (const struct config_option *option; (option = config_option(count)) != NULL; count++) {
        char row[128], line[128];
        if (option->fallback[0] == '\0') {
            snprintf(row, sizeof row, "| `%s` | none |", option->name);
            snprintf(line, sizeof line, "#%s =\n", option->name);
        } else {
            snprintf(row, sizeof row, "| `%s` | `%s` |", option->name, option->fallback);
            snprintf(line, sizeof line, "#%s = %s\n", option->name, option->fallback);
        }
        if (strstr(readme, row) == NULL)
            fail_msg("README.md has no row %s", row);
        if (strstr(sample, line) == NULL)
            fail_msg("the sample has no line %s", line);
    }
    assert_true(count >= 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(an_empty_file_gives_the_defaults),
        UNIT_TEST(values_are_read),
        UNIT_TEST(mistakes_are_named_with_their_line),
        UNIT_TEST(a_password_must_not_be_public),
        UNIT_TEST(the_environment_names_a_file),
        UNIT_TEST(documents_name_every_option_with_its_default),
    };
    return UNIT_RUN(tests);
}

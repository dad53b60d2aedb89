/* The configuration file: values, mistakes, and that the documents name every option. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/config.h"
#include "base/log.h"

struct fixture {
    struct arena *arena;
    char path[64];
};

static int set_up(void **state) {
    struct fixture *fixture = memory_alloc(sizeof *fixture);
    fixture->arena = arena_new();
    snprintf(fixture->path, sizeof fixture->path, "/tmp/dynmod-config-XXXXXX");
    close(mkstemp(fixture->path));
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    unlink(fixture->path);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static bool load(struct fixture *fixture, const char *text, struct config *config,
                 struct fault *fault) {
    FILE *file = fopen(fixture->path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return config_load(fixture->arena, fixture->path, config, fault);
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
        {"\nnonsense", ":2: expected"},
        {"datbase = x", ":1: unknown option \"datbase\""},
        {"auth_hints = maybe", ":1: auth_hints must be on or off"},
        {"max_body_bytes = 12", "from 1024"},
        {"max_body_bytes = 1e6", "a whole number"},
        {"max_body_bytes =", "a whole number"},
        {"log_level = loud", "error, warning, info or debug"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config config;
        struct fault fault = {0};
        assert_false(load(*state, cases[i].text, &config, &fault));
        assert_int_equal(fault.kind, FAULT_INPUT);
        if (strstr(fault.text, cases[i].expected) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", fault.text, cases[i].expected);
    }
}

static void a_password_must_not_be_public(void **state) {
    struct fixture *fixture = *state;
    struct config config;
    struct fault fault;
    static const char text[] = "database = host=db password=hidden-word\n";
    assert_true(load(fixture, text, &config, &fault));
    assert_int_equal(chmod(fixture->path, 0640), 0);
    assert_true(load(fixture, text, &config, &fault));
    assert_int_equal(chmod(fixture->path, 0644), 0);
    assert_false(load(fixture, text, &config, &fault));
    assert_null(strstr(fault.text, "hidden-word"));
    assert_true(load(fixture, "database = host=db\n", &config, &fault));
}

static void the_environment_names_a_file(void **state) {
    struct fixture *fixture = *state;
    struct config config;
    struct fault fault;
    assert_true(load(fixture, "max_body_bytes = 4096\n", &config, &fault));
    setenv("DYNMOD_CONFIG", fixture->path, 1);
    assert_true(config_load(fixture->arena, NULL, &config, &fault));
    assert_int_equal(config.max_body_bytes, 4096);
    setenv("DYNMOD_CONFIG", "/nonexistent/dynmod.conf", 1);
    assert_false(config_load(fixture->arena, NULL, &config, &fault));
    assert_int_equal(fault.kind, FAULT_UNAVAILABLE);
    assert_non_null(strstr(fault.text, "/nonexistent/dynmod.conf"));
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
    struct fixture *fixture = *state;
    char *readme = read_document(fixture->arena, "README.md");
    char *sample = read_document(fixture->arena, "dev/sample/dynmod.conf");
    int count = 0;
    for (const struct config_option *option; (option = config_option(count)) != NULL; count++) {
        char row[128], line[128];
        snprintf(row, sizeof row, "| `%s` | `%s` |", option->name, option->fallback);
        snprintf(line, sizeof line, "#%s = %s\n", option->name, option->fallback);
        if (strstr(readme, row) == NULL)
            fail_msg("README.md has no row %s", row);
        if (strstr(sample, line) == NULL)
            fail_msg("the sample has no line %s", line);
    }
    assert_true(count >= 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_file_gives_the_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes_are_named_with_their_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_password_must_not_be_public, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_environment_names_a_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(documents_name_every_option_with_its_default, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

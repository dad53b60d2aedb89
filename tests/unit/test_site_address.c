/* The addresses of sites, from what operators write and from what clients send. Run from the top
 * directory, where the cases are found; tests/sql/addresses.t shows the database the same ones. */
#include <stdlib.h>

#include "base/limits.h"
#include "host/site_url.h"
#include "http/request.h"
#include "http/site_address.h"
#include "unit.h"

static void base_urls_have_addresses(void **state) {
    struct json_object *cases = unit_json_file(*state, "tests/data/site-addresses.json");
    assert_true(json_object_array_length(cases) > 40);
    for (size_t i = 0; i < json_object_array_length(cases); i++) {
        struct json_object *pair = json_object_array_get_idx(cases, i);
        const char *url = json_object_get_string(json_object_array_get_idx(pair, 0));
        const char *address = json_object_get_string(json_object_array_get_idx(pair, 1));
        assert_string_equal(site_address_of_name(*state, url), address == NULL ? url : address);
    }
}

static void hosts_have_a_longest_length(void **state) {
    char *host = unit_repeat(*state, "a", LIMIT_HOST + 1);
    assert_null(site_address(*state, host, ""));
    host[LIMIT_HOST] = '\0';
    assert_string_equal(site_address(*state, host, "/x"), arena_format(*state, "//%s/x", host));
}

static struct request request_of(struct arena *arena, const char *authority, const char *site) {
    return (struct request){.arena = arena, .authority = authority, .site = site};
}

static void requests_have_addresses(void **state) {
    static const struct {
        const char *authority, *context_path, *site;
    } cases[] = {
        {"jira.example.com", "", "//jira.example.com"},
        {"JIRA.example.com.:443", "/jira", "//jira.example.com/jira"},
        {"jira.example.com:8080", "/a/b", "//jira.example.com:8080/a/b"},
        {"jira.example.com", "/jira/", "//jira.example.com/jira/"},
        {"[2001:DB8::0:1]:80", "", "//[2001:db8::1]"},
        {"jira.example.com/other", "", "//"},
        {"jira.example.com:8080/other", "", "//"},
        {"user@jira.example.com", "", "//"},
        {"jira.example.com:80:80", "", "//"},
        {"a b", "", "//"},
        {"", "/jira", "//"},
        {"default", "", "//default"},
        {"//default", "", "//"},
        {"jira.example.com", "/\xc3%bc", "//"}, /* UTF-8 only once it is decoded */
        {NULL, "/jira", "default"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct request request = request_of(*state, cases[i].authority, NULL);
        assert_string_equal(request_site(&request, cases[i].context_path), cases[i].site);
    }
}

static void the_web_server_decides(void **state) {
    struct request request = request_of(*state, "jira.example.com", "other");
    assert_string_equal(request_site(&request, "/jira"), "other");
    request = request_of(*state, "jira.example.com", "https://Other.example.com:443/x/");
    assert_string_equal(request_site(&request, "/jira"), "//other.example.com/x");
}

static void hosts_are_written_in_ascii(void **state) {
    static const char *const cases[][2] = {
        {"https://bücher.example:8443/jira", "https://xn--bcher-kva.example:8443/jira"},
        {"https://BÜCHER.example", "https://xn--bcher-kva.example"},
        {"https://Books.example/ü", "https://Books.example/ü"},
        {"https://[::1]/", "https://[::1]/"},
        {"bücher", "bücher"},
        {"https://\xff.example", "https://\xff.example"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_string_equal(site_url_ascii(*state, cases[i][0]), cases[i][1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(base_urls_have_addresses),   UNIT_TEST(hosts_have_a_longest_length),
        UNIT_TEST(requests_have_addresses),    UNIT_TEST(the_web_server_decides),
        UNIT_TEST(hosts_are_written_in_ascii),
    };
    return UNIT_RUN(tests);
}

/* The host's calls of apps: their URLs, bodies and signatures. */
#include "connect/lifecycle.h"
#include "connect/token.h"
#include "host/rsa_key.h"
#include "unit_connect.h"

#define SECRET "example-shared-secret-0123456789abcdef"

static const int64_t now = 1700000000;

static const struct lifecycle_host host = {
    .client_key = "5f0c8a6e-0001-4000-8000-0000000000aa",
    .base_url = "http://localhost:8080/jira",
    .description = "a \"local\" host",
    .public_key = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
};

static const struct lifecycle_app app = {
    .key = "com.example.notes",
    .base_url = "http://localhost:3000/addon",
    .shared_secret = SECRET,
    .installation_id = "5f0c8a6e-0002-4000-8000-0000000000bb",
};

static void events_have_names(void **state) {
    (void)state;
    static const char *const names[] = {"installed", "enabled", "disabled", "uninstalled"};
    assert_int_equal(ARRAY_LENGTH(names), LIFECYCLE_EVENTS);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        enum lifecycle_event event;
        assert_true(lifecycle_find(names[i], &event));
        assert_string_equal(lifecycle_name(event), names[i]);
    }
    enum lifecycle_event event;
    assert_false(lifecycle_find("Installed", &event));
    assert_false(lifecycle_find("", &event));
}

static void urls_are_joined_with_one_slash(void **state) {
    static const struct {
        const char *base_url, *text, *url;
    } cases[] = {
        {"https://a.example.com", "/installed", "https://a.example.com/installed"},
        {"https://a.example.com", "installed", "https://a.example.com/installed"},
        {"https://a.example.com/", "/installed?x=1", "https://a.example.com/installed?x=1"},
        {"http://localhost:3000/addon", "/installed", "http://localhost:3000/addon/installed"},
        {"http://localhost:3000/addon/", "installed", "http://localhost:3000/addon/installed"},
        {"https://a.example.com", "", "https://a.example.com/"},
        /* absolute and below the base URL */
        {"https://a.example.com/b", "https://a.example.com/b/c", "https://a.example.com/b/c"},
        {"https://a.example.com/b/", "https://a.example.com/b/c", "https://a.example.com/b/c"},
        {"https://a.example.com", "https://a.example.com", "https://a.example.com"},
        {"https://a.example.com", "https://a.example.com?x=1", "https://a.example.com?x=1"},
        /* anywhere else: never called */
        {"https://a.example.com", "https://a.example.com.evil.org/c",
         "https://a.example.com/https://a.example.com.evil.org/c"},
        {"https://a.example.com", "https://a.example.com@evil.org/c",
         "https://a.example.com/https://a.example.com@evil.org/c"},
        {"https://a.example.com", "https://a.example.com:444/c",
         "https://a.example.com/https://a.example.com:444/c"},
        {"https://a.example.com/b", "https://a.example.com/bc",
         "https://a.example.com/b/https://a.example.com/bc"},
        {"https://a.example.com", "//evil.org/c", "https://a.example.com/evil.org/c"},
        {"https://a.example.com", "@evil.org", "https://a.example.com/@evil.org"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct json_object *descriptor =
            unit_json(*state, arena_format(*state, "{'baseUrl':'%s','lifecycle':{'enabled':'%s'}}",
                                           cases[i].base_url, cases[i].text));
        assert_string_equal(lifecycle_url(*state, descriptor, LIFECYCLE_ENABLED), cases[i].url);
    }
}

static void calls_that_are_not_wanted_have_no_url(void **state) {
    static const char *const descriptors[] = {
        "{'baseUrl':'https://a.example.com','lifecycle':{'installed':'/installed'}}",
        "{'baseUrl':'https://a.example.com'}",
        "{'baseUrl':'https://a.example.com','lifecycle':{'enabled':null}}",
        "{'baseUrl':'https://a.example.com','lifecycle':['enabled']}",
        "{'lifecycle':{'enabled':'/enabled'}}",
        "[]",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(descriptors); i++)
        assert_null(lifecycle_url(*state, unit_json(*state, descriptors[i]), LIFECYCLE_ENABLED));
}

static struct json_object *body_of(struct arena *arena, enum lifecycle_event event) {
    return unit_json(arena, lifecycle_body(arena, event, &host, &app));
}

static void bodies_have_all_that_libraries_insist_on(void **state) {
    struct json_object *body = body_of(*state, LIFECYCLE_INSTALLED);
    struct json_object *expected = unit_json(
        *state, "{'key':'com.example.notes','clientKey':'5f0c8a6e-0001-4000-8000-0000000000aa',"
                "'sharedSecret':'" SECRET "','baseUrl':'http://localhost:8080/jira',"
                "'publicKey':'-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----\\n',"
                "'displayUrl':'http://localhost:8080/jira',"
                "'displayUrlServicedeskHelpCenter':'http://localhost:8080/jira',"
                "'serverVersion':'100000','pluginsVersion':'1001.0.0','productType':'jira',"
                "'description':'a \\'local\\' host','oauthClientId':'','eventType':'installed',"
                "'installationId':'ari:cloud:ecosystem::installation/"
                "5f0c8a6e-0002-4000-8000-0000000000bb'}");
    if (!json_object_equal(body, expected))
        fail_msg("%s", json_text(body));
}

static void only_installed_tells_the_shared_secret(void **state) {
    for (int event = 0; event < LIFECYCLE_EVENTS; event++) {
        struct json_object *body = body_of(*state, (enum lifecycle_event)event);
        assert_string_equal(json_member_text(body, "eventType"),
                            lifecycle_name((enum lifecycle_event)event));
        if (event == LIFECYCLE_INSTALLED)
            assert_string_equal(json_member_text(body, "sharedSecret"), SECRET);
        else
            assert_null(strstr(json_text(body), SECRET));
    }
}

/* The token for the event at `url`, without its scheme. */
static const char *token_for(struct arena *arena, enum lifecycle_event event, const char *url,
                             const struct lifecycle_app *called, const char *private_key) {
    const char *authorization = NULL;
    struct fault fault = {0};
    if (!lifecycle_authorization(arena, event, url, &host, called, "key-1", private_key, now,
                                 &authorization, &fault))
        fail_msg("%s", fault.text);
    assert_int_equal(strncmp(authorization, "JWT ", 4), 0);
    return authorization + 4;
}

static void qsh_leaves_out_the_path_of_the_base_url(void **state) {
    /* The canonical requests that atlassian-jwt 2.0.3 makes with the base URL, as ACE calls it. */
    static const struct {
        const char *base_url, *url, *canonical;
    } cases[] = {
        {"http://localhost:3000", "http://localhost:3000/enabled", "POST&/enabled&"},
        {"http://localhost:3000/", "http://localhost:3000/enabled", "POST&/enabled&"},
        {"http://localhost:3000/addon", "http://localhost:3000/addon/enabled", "POST&/enabled&"},
        {"http://localhost:3000/addon/", "http://localhost:3000/addon/enabled", "POST&/enabled&"},
        {"http://localhost:3000/addon", "http://localhost:3000/addon/e?b=2&a=1%20x&flag#f",
         "POST&/e&a=1%20x&b=2&flag="},
        {"http://localhost:3000/addon", "http://localhost:3000/addon/", "POST&/&"},
        {"http://localhost:3000/addon", "http://localhost:3000/addon", "POST&/&"},
        {"http://localhost:3000", "http://localhost:3000?x=1", "POST&/&x=1"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct lifecycle_app called = app;
        called.base_url = cases[i].base_url;
        const char *text = token_for(*state, LIFECYCLE_ENABLED, cases[i].url, &called, "");
        struct token token;
        struct fault fault;
        char hash[QSH_LENGTH + 1];
        qsh_hash(cases[i].canonical, hash);
        assert_true(token_read(*state, text, now, 180, &token, &fault));
        if (strcmp(token.qsh, hash) != 0)
            fail_msg("%s below %s", cases[i].url, cases[i].base_url);
    }
}

static void states_are_signed_with_the_shared_secret(void **state) {
    static const enum lifecycle_event events[] = {LIFECYCLE_ENABLED, LIFECYCLE_DISABLED};
    for (size_t i = 0; i < ARRAY_LENGTH(events); i++) {
        const char *text =
            token_for(*state, events[i], "http://localhost:3000/addon/x", &app, "no key");
        struct token token;
        struct fault fault;
        assert_true(token_read(*state, text, now + 180, 180, &token, &fault));
        assert_string_equal(token.issuer, host.client_key);
        assert_true(token_verify(&token, SECRET, &fault));
    }
}

static void the_secret_is_told_with_the_signature_of_the_host(void **state) {
    const char *url = "http://localhost:3000/addon/installed", *key = NULL, *public_key = NULL;
    struct fault fault;
    assert_true(rsa_key_generate(*state, &key, &public_key, &fault));
    char hash[QSH_LENGTH + 1];
    qsh_hash("POST&/installed&", hash);
    const struct token_claims claims = {
        .issuer = host.client_key,
        .audience = app.base_url,
        .qsh = hash,
        .now = now,
        .lifetime = 180,
        .from_host = true,
    };
    const char *expected = NULL;
    assert_true(token_sign_rs256(*state, &claims, key, "key-1", &expected, &fault));
    /* RS256 is deterministic: equal tokens have the same claims and the same signer */
    assert_string_equal(token_for(*state, LIFECYCLE_INSTALLED, url, &app, key), expected);
    assert_string_equal(token_for(*state, LIFECYCLE_UNINSTALLED, url, &app, key), expected);
}

static void a_broken_private_key_is_reported(void **state) {
    const char *authorization = NULL;
    struct fault fault;
    assert_false(lifecycle_authorization(*state, LIFECYCLE_INSTALLED, "http://localhost:3000/x",
                                         &host, &app, "key-1", "no key", now, &authorization,
                                         &fault));
    assert_int_equal(fault.kind, FAULT_INTERNAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(events_have_names),
        UNIT_TEST(urls_are_joined_with_one_slash),
        UNIT_TEST(calls_that_are_not_wanted_have_no_url),
        UNIT_TEST(bodies_have_all_that_libraries_insist_on),
        UNIT_TEST(only_installed_tells_the_shared_secret),
        UNIT_TEST(qsh_leaves_out_the_path_of_the_base_url),
        UNIT_TEST(states_are_signed_with_the_shared_secret),
        UNIT_TEST(the_secret_is_told_with_the_signature_of_the_host),
        UNIT_TEST(a_broken_private_key_is_reported),
    };
    return UNIT_RUN(tests);
}

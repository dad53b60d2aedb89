/* The query string hash: vectors, what real clients sign, and what must never match. Run from the
 * top directory, where the vectors are found. */
#include <stdio.h>

#include "connect/qsh.h"
#include "unit_connect.h"

#define RESOURCE "/rest/atlassian-connect/1/app/module/dynamic"

enum { ALL_FORMS = 32, MOST_LIBRARIES = 20 };

static struct qsh_request request_of_vector(struct arena *arena, struct json_object *vector) {
    return unit_request(arena, json_member_text(vector, "method"),
                        json_member_text(vector, "target"),
                        json_member_text(vector, "contextPath"));
}

/* The form that matches a hash; NULL when none does. */
static const char *form_of_hash(struct arena *arena, const struct qsh_request *request,
                                const char *hash, size_t length) {
    return qsh_match(arena, request, qsh_canonical(arena, request, 0), hash, length);
}

/* The form that matches the hash of a canonical text; NULL when none does. */
static const char *form_of_text(struct arena *arena, const struct qsh_request *request,
                                const char *canonical) {
    char hash[QSH_LENGTH + 1];
    qsh_hash(canonical, hash);
    return form_of_hash(arena, request, hash, strlen(hash));
}

static void assert_form(const char *found, const char *expected) {
    assert_string_equal(found == NULL ? "none" : found, expected == NULL ? "none" : expected);
}

static void every_vector_has_its_canonical_request(void **state) {
    struct json_object *vectors =
        json_member(unit_json_file(*state, "tests/data/qsh-vectors.json"), "vectors");
    size_t compared = 0;
    for (size_t i = 0; i < json_object_array_length(vectors); i++) {
        struct json_object *vector = json_object_array_get_idx(vectors, i);
        struct qsh_request request = request_of_vector(*state, vector);
        const char *canonical = json_member_text(vector, "canonical");
        char hash[QSH_LENGTH + 1];
        qsh_hash(canonical, hash);
        assert_string_equal(hash, json_member_text(vector, "sha256"));
        if (json_member(vector, "formBody") != NULL) {
            /* The API takes JSON bodies only, so that a body never counts: the one vector whose
             * canonical text has a form body in it must not match. */
            assert_form(form_of_text(*state, &request, canonical), NULL);
            printf("# vector %d: its form body does not count\n",
                   json_object_get_int(json_member(vector, "id")));
            continue;
        }
        assert_string_equal(qsh_canonical(*state, &request, 0), canonical);
        assert_form(form_of_hash(*state, &request, hash, QSH_LENGTH), "host form");
        compared++;
    }
    printf("# %zu canonical requests equal\n", compared);
    assert_int_equal(compared, 73);
}

struct library_count {
    const char *library;
    size_t accepted, all;
};

static void count_claim(struct library_count *counts, const char *library, bool accepted) {
    size_t i = 0;
    while (counts[i].library != NULL && strcmp(counts[i].library, library) != 0)
        i++;
    assert_true(i + 1 < MOST_LIBRARIES);
    counts[i].library = library;
    counts[i].accepted += accepted;
    counts[i].all++;
}

/* Each library signs some of the vectors otherwise than the host; "form" says how that is to be
 * taken: the name of a form, or null for what is refused. */
static void what_libraries_sign_matches_the_expected_form(void **state) {
    struct json_object *vectors =
        json_member(unit_json_file(*state, "tests/data/qsh-vectors.json"), "vectors");
    struct library_count counts[MOST_LIBRARIES] = {{0}};
    size_t accepted = 0, all = 0;
    for (size_t i = 0; i < json_object_array_length(vectors); i++) {
        struct json_object *vector = json_object_array_get_idx(vectors, i);
        struct qsh_request request = request_of_vector(*state, vector);
        struct json_object *differing = json_member(vector, "differing");
        for (size_t d = 0; differing != NULL && d < json_object_array_length(differing); d++) {
            struct json_object *claim = json_object_array_get_idx(differing, d);
            const char *hash = json_member_text(claim, "sha256");
            const char *form = json_member_text(claim, "form");
            assert_form(form_of_hash(*state, &request, hash, strlen(hash)), form);
            count_claim(counts, json_member_text(claim, "library"), form != NULL);
            accepted += form != NULL;
            all++;
        }
    }
    for (size_t i = 0; counts[i].library != NULL; i++)
        printf("# %s: %zu of %zu differing vectors accepted\n", counts[i].library,
               counts[i].accepted, counts[i].all);
    printf("# all libraries: %zu of %zu\n", accepted, all);
    assert_int_equal(all, 155);
    assert_int_equal(accepted, 70);
}

/* Requests and hashes recorded from the clients themselves. */
static void recorded_clients_match(void **state) {
    static const struct {
        const char *method, *target, *context_path, *hash, *form;
    } cases[] = {
        /* atlassian-connect-express 11.5.3, relative URLs */
        {"DELETE", "/jira" RESOURCE "?moduleKey=field-b&moduleKey=field-a", "/jira",
         "55c35aaf2420d97d790039d53bd149970b9100678aca6407222217235981d106", "host form"},
        {"DELETE", "/jira" RESOURCE "?moduleKey=a%20b%2Bc~d*e%27f(g)!%C3%A9", "/jira",
         "5ce0eedcfe98027733808f33dfcd818aa0a9282768477cd8acf04325e6fbbd6b", "host form"},
        {"DELETE", "/jira" RESOURCE "?moduleKey[]=field-a&moduleKey[]=field-b", "/jira",
         "17853e4c693eca0334f4806a65ef0dfb8bcfc1bb64ae3f7d05b137728df78d4b", "host form"},
        {"GET", "/jira" RESOURCE "/", "/jira",
         "7e346d387f3705ccc247b50b607cc92c95c72a234ca09da5d8055eaf01f937f2", "host form"},
        {"HEAD", "/jira" RESOURCE, "/jira",
         "82697129865afd7fba5db0c82e1a1ab63b07afea8af216fe00e34087bffaa337", "host form"},
        {"DELETE", "/jira" RESOURCE "?moduleKey", "/jira",
         "73e788fda3a16edfdcfd7636db92d907c46f012c63989704b36022b70cab3d07", "null for no value"},
        /* the same, an absolute URL */
        {"DELETE", "/jira" RESOURCE "?moduleKey=x", "/jira",
         "986dece37a5c66ddc2c0864319fd22f3ce691b1b9214e6918e658aad53982209", "context path kept"},
        /* jira.js 5.4.0 */
        {"DELETE", RESOURCE "?moduleKey=x+y,c%2Bd,%C3%A9%26%3D", "",
         "558551a389e47b1ce53a57fc2405e47a1150e9ac61b12fa535d04ffc81446cc1", "host form"},
        {"GET", "/jira" RESOURCE, "/jira",
         "bd7b3c07ab4cc792f4215effbde943b084a2d55ebfd31523fc0a30e2bdbcdef8", "context path kept"},
        {"DELETE", "/jira" RESOURCE "?moduleKey=b,a", "/jira",
         "720d55c371942ee9e17fcc55225c91e7ad5d803cbe5451b702527fe4972f0a4d", "context path kept"},
        /* confluence.js 2.1.0 */
        {"POST", "/wiki" RESOURCE, "/wiki",
         "fd102b5e93d5bd8a5b9d6f138f2399e5682fec091b8b91c69c5ef3aacc6e5ea8", "context path kept"},
        {"DELETE", "/wiki" RESOURCE "?moduleKey=", "/wiki",
         "1ee5d794b67ae4854f5f67e5f5b60f1657bba738c02df6c2e408461cead8a0fc", "context path kept"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct qsh_request request =
            unit_request(*state, cases[i].method, cases[i].target, cases[i].context_path);
        assert_form(form_of_hash(*state, &request, cases[i].hash, QSH_LENGTH), cases[i].form);
    }
}

static void the_request_of_the_tokens_has_their_hash(void **state) {
    struct json_object *tokens = unit_json_file(*state, "tests/data/jwt-vectors.json");
    struct json_object *described = json_member(tokens, "request");
    struct qsh_request request = unit_request(*state, json_member_text(described, "method"),
                                              json_member_text(described, "target"), "");
    const char *canonical = qsh_canonical(*state, &request, 0);
    char hash[QSH_LENGTH + 1];
    qsh_hash(canonical, hash);
    assert_string_equal(canonical, json_member_text(tokens, "canonical"));
    assert_string_equal(hash, json_member_text(tokens, "qsh"));
}

/* All 32 texts of a request on which every variant shows are different, and each is accepted. */
static void variants_combine(void **state) {
    struct qsh_request request = unit_request(*state, "get", "/jira/x/?1=z&1=y&%3A&jwt=t", "/jira");
    const char *texts[ALL_FORMS];
    for (unsigned variants = 0; variants < ALL_FORMS; variants++) {
        texts[variants] = qsh_canonical(*state, &request, variants);
        assert_non_null(form_of_text(*state, &request, texts[variants]));
        for (unsigned before = 0; before < variants; before++)
            assert_string_not_equal(texts[before], texts[variants]);
    }
    assert_string_equal(texts[0], "GET&/x&%3A=&1=y,z");
    assert_string_equal(texts[ALL_FORMS - 1], "GET&/jira/x/&1=z,y&%3A=null");
    assert_form(form_of_text(*state, &request, texts[0]), "host form");
    assert_form(
        form_of_text(*state, &request,
                     texts[QSH_CONTEXT_PATH_KEPT | QSH_NAMES_SORTED_RAW | QSH_NULL_FOR_NO_VALUE]),
        "context path kept, names sorted raw, null for no value");
    assert_form(form_of_text(*state, &request, texts[ALL_FORMS - 1]),
                "context path kept, trailing slash kept, names sorted raw, values in wire order, "
                "null for no value");
}

/* Variants that change nothing alone may do so together. */
static void variants_may_need_each_other(void **state) {
    struct qsh_request root = unit_request(*state, "GET", "/jira/", "/jira");
    assert_form(form_of_text(*state, &root, "GET&/&"), "host form");
    assert_form(form_of_text(*state, &root, "GET&/jira/&"),
                "context path kept, trailing slash kept");
    struct qsh_request values = unit_request(*state, "GET", "/t?a&a=b", "");
    assert_form(form_of_text(*state, &values, "GET&/t&a=,b"), "host form");
    assert_form(form_of_text(*state, &values, "GET&/t&a=b,null"), "null for no value");
    assert_form(form_of_text(*state, &values, "GET&/t&a=null,b"),
                "values in wire order, null for no value");
}

static void assert_canonical(struct arena *arena, const char *target, const char *context_path,
                             unsigned variants, const char *expected) {
    struct qsh_request request = unit_request(arena, "GET", target, context_path);
    assert_string_equal(qsh_canonical(arena, &request, variants), expected);
}

static void the_path_loses_context_path_and_last_slash(void **state) {
    assert_canonical(*state, "/jiraffe", "/jira", 0, "GET&/ffe&");
    assert_canonical(*state, "/Jira/x", "/jira", 0, "GET&/Jira/x&");
    assert_canonical(*state, "/x", "/jira", QSH_CONTEXT_PATH_KEPT, "GET&/x&");
    assert_canonical(*state, "/", "", QSH_TRAILING_SLASH_KEPT, "GET&/&");
    assert_canonical(*state, "/jira", "/jira", QSH_TRAILING_SLASH_KEPT, "GET&/&");
    assert_canonical(*state, "/", "/", 0, "GET&/&"); /* nothing left to cut the slash from */
    assert_canonical(*state, "/x//", "", 0, "GET&/x/&");
    assert_canonical(*state, "/a&b%26/./%2e", "", 0, "GET&/a%26b%26/./%2e&");
    assert_canonical(*state, "&&&&&&&&", "", 0, "GET&/%26%26%26%26%26%26%26%26&");
}

static void names_and_values_have_the_order_of_the_host(void **state) {
    /* U+1F600 needs two UTF-16 units, both below U+FF41 */
    assert_canonical(*state, "/t?a=%EF%BD%81&a=%F0%9F%98%80&a=%ED%9F%BF", "", 0,
                     "GET&/t&a=%ED%9F%BF,%F0%9F%98%80,%EF%BD%81");
    assert_canonical(*state, "/t?%EF%BD%81&%F0%9F%98%80", "", QSH_NAMES_SORTED_RAW,
                     "GET&/t&%F0%9F%98%80=&%EF%BD%81=");
    assert_canonical(*state, "/t?%F0%9F%98%80&%EF%BD%81", "", 0, "GET&/t&%EF%BD%81=&%F0%9F%98%80=");
    assert_canonical(*state, "/t?ab=1&a=2&a%00=3&~=4&%7F=5", "", 0,
                     "GET&/t&%7F=5&a=2&a%00=3&ab=1&~=4");
    assert_canonical(*state, "/t?b=2&a=x&b=1&a=xy&b=2", "", 0, "GET&/t&a=x,xy&b=1,2,2");
    assert_canonical(*state, "/t?b=2&a=x&b=1", "", QSH_VALUES_IN_WIRE_ORDER, "GET&/t&a=x&b=2,1");
}

static void the_token_itself_does_not_count(void **state) {
    assert_canonical(*state, "/t?jwt=x&a=1&%6Awt=y&jwt", "", 0, "GET&/t&a=1");
    assert_canonical(*state, "/t?JWT=x&jwt%00=y&jw=z", "", 0, "GET&/t&JWT=x&jw=z&jwt%00=y");
}

static void another_request_is_refused(void **state) {
    static const char target[] = "/jira" RESOURCE "?moduleKey=b&moduleKey=a";
    static const char *const wrong_texts[] = {
        "",
        "&&",
        "DELETE&" RESOURCE "&",                            /* the query left out */
        "DELETE&/jira" RESOURCE "&",                       /* of either path */
        "DELETE&" RESOURCE "&moduleKey=a",                 /* a value left out */
        "DELETE&" RESOURCE "&moduleKey=ab",                /* glued */
        "DELETE&" RESOURCE "&moduleKey=a%2Cb",             /* another request */
        "DELETE&" RESOURCE "&moduleKey=a&moduleKey=b",     /* not joined */
        "DELETE&" RESOURCE "?moduleKey=b&moduleKey=a",     /* not canonical */
        "GET&" RESOURCE "&moduleKey=a,b",                  /* another method */
        "delete&" RESOURCE "&moduleKey=a,b",               /* not upper-case */
        "DELETE&/confluence" RESOURCE "&moduleKey=a,b",    /* another context path */
        "DELETE&" RESOURCE "/&moduleKey=a,b",              /* a slash that was not there */
        "DELETE&" RESOURCE "&moduleKey=a,b&moduleKey=a,b", /* too much */
        "DELETE&/rest/api/3/issue&moduleKey=a,b",          /* another path */
    };
    struct qsh_request request = unit_request(*state, "DELETE", target, "/jira");
    for (size_t i = 0; i < ARRAY_LENGTH(wrong_texts); i++)
        assert_form(form_of_text(*state, &request, wrong_texts[i]), NULL);
    assert_form(form_of_text(*state, &request, "DELETE&" RESOURCE "&moduleKey=a,b"), "host form");
}

static void what_is_not_a_hash_is_refused(void **state) {
    struct qsh_request request = unit_request(*state, "GET", RESOURCE, "");
    static const char right[] = "7e346d387f3705ccc247b50b607cc92c95c72a234ca09da5d8055eaf01f937f2";
    static const struct {
        const char *claimed;
        size_t length;
    } cases[] = {
        {"", 0},
        {"context-qsh", 11},
        {right, QSH_LENGTH - 1},
        {"7e346d387f3705ccc247b50b607cc92c95c72a234ca09da5d8055eaf01f937f20", QSH_LENGTH + 1},
        {"7e346d387f3705ccc247b50b607cc92c95c72a234ca09da5d8055eaf01f937f2\0x", QSH_LENGTH + 2},
        {"7E346D387F3705CCC247B50B607CC92C95C72A234CA09DA5D8055EAF01F937F2", QSH_LENGTH},
        {"7e346d387f3705ccc247b50b607cc92c95c72a234ca09da5d8055eaf01f937f3", QSH_LENGTH},
        {"0e346d387f3705ccc247b50b607cc92c95c72a234ca09da5d8055eaf01f937f2", QSH_LENGTH},
    };
    assert_form(form_of_hash(*state, &request, right, QSH_LENGTH), "host form");
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_form(form_of_hash(*state, &request, cases[i].claimed, cases[i].length), NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(every_vector_has_its_canonical_request),
        UNIT_TEST(what_libraries_sign_matches_the_expected_form),
        UNIT_TEST(recorded_clients_match),
        UNIT_TEST(the_request_of_the_tokens_has_their_hash),
        UNIT_TEST(variants_combine),
        UNIT_TEST(variants_may_need_each_other),
        UNIT_TEST(the_path_loses_context_path_and_last_slash),
        UNIT_TEST(names_and_values_have_the_order_of_the_host),
        UNIT_TEST(the_token_itself_does_not_count),
        UNIT_TEST(another_request_is_refused),
        UNIT_TEST(what_is_not_a_hash_is_refused),
    };
    return UNIT_RUN(tests);
}

/* The query string hash (qsh): what a Connect token says about the request it was made for. */
#include "connect/qsh.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/percent.h"
#include "base/utf8.h"

enum {
    PATH_VARIANTS = QSH_CONTEXT_PATH_KEPT | QSH_TRAILING_SLASH_KEPT,
    QUERY_VARIANTS = QSH_NAMES_SORTED_RAW | QSH_VALUES_IN_WIRE_ORDER | QSH_NULL_FOR_NO_VALUE,
    ALL_VARIANTS = PATH_VARIANTS | QUERY_VARIANTS,
    MOST_FORMS = 8, /* of the path or of the query alone */
    ESCAPE_SIZE = 3 /* bytes of %XX */
};

static const struct {
    unsigned variant;
    const char *name;
} variant_names[] = {
    {QSH_CONTEXT_PATH_KEPT, "context path kept"},
    {QSH_TRAILING_SLASH_KEPT, "trailing slash kept"},
    {QSH_NAMES_SORTED_RAW, "names sorted raw"},
    {QSH_VALUES_IN_WIRE_ORDER, "values in wire order"},
    {QSH_NULL_FOR_NO_VALUE, "null for no value"},
};

static char *canonical_path(struct arena *arena, const struct qsh_request *request,
                            unsigned variants) {
    const char *path = request->path;
    size_t context_length = strlen(request->context_path);
    /* a plain prefix, whatever the segments: the original cuts "/jira" from "/jiraffe" too */
    if (!(variants & QSH_CONTEXT_PATH_KEPT) &&
        strncmp(path, request->context_path, context_length) == 0)
        path += context_length;
    size_t length = strlen(path);
    if (length > 0 && path[length - 1] == '/' && !(variants & QSH_TRAILING_SLASH_KEPT))
        length--;
    struct buffer text;
    buffer_init(&text, ESCAPE_SIZE * length + 1);
    if (length == 0 || path[0] != '/')
        buffer_add_byte(&text, '/');
    for (size_t i = 0; i < length; i++) {
        if (path[i] == '&') /* it separates the parts of the canonical request */
            buffer_add_text(&text, "%26");
        else
            buffer_add_byte(&text, path[i]);
    }
    return buffer_to_arena(&text, arena);
}

/* A parameter as one form of the query writes it. */
struct signed_parameter {
    const struct query_parameter *parameter;
    const char *value;
    size_t value_length;
};

/* The rank of a character in UTF-16 order, in which Java and JavaScript sort: characters that need
 * a surrogate pair come before U+E000. */
static uint32_t utf16_rank(uint32_t point) {
    return point >= 0xe000 && point <= 0xffff ? point + 0x110000 : point;
}

static int compare_raw(const char *left, size_t left_length, const char *right,
                       size_t right_length) {
    size_t at = 0;
    while (at < left_length && at < right_length) {
        size_t left_size = utf8_character(left + at, left_length - at);
        size_t right_size = utf8_character(right + at, right_length - at);
        uint32_t left_rank = utf16_rank(utf8_code_point(left + at, left_size));
        uint32_t right_rank = utf16_rank(utf8_code_point(right + at, right_size));
        if (left_rank != right_rank)
            return left_rank < right_rank ? -1 : 1;
        at += left_size;
    }
    return (left_length > right_length) - (left_length < right_length);
}

/* Compares names as if they were encoded, without encoding them: "%" comes before every unreserved
 * character, and upper-case hex sorts like the bytes. */
static int compare_encoded(const char *left, size_t left_length, const char *right,
                           size_t right_length) {
    for (size_t i = 0; i < left_length && i < right_length; i++) {
        if (left[i] == right[i])
            continue;
        bool left_stays = percent_is_unreserved(left[i]);
        if (left_stays != percent_is_unreserved(right[i]))
            return left_stays ? 1 : -1;
        return (unsigned char)left[i] < (unsigned char)right[i] ? -1 : 1;
    }
    return (left_length > right_length) - (left_length < right_length);
}

static int compare_parameters(const void *one, const void *other, void *context) {
    const struct signed_parameter *left = one, *right = other;
    const struct query_parameter *l = left->parameter, *r = right->parameter;
    unsigned variants = *(const unsigned *)context;
    int order = variants & QSH_NAMES_SORTED_RAW
                    ? compare_raw(l->name, l->name_length, r->name, r->name_length)
                    : compare_encoded(l->name, l->name_length, r->name, r->name_length);
    if (order == 0 && !(variants & QSH_VALUES_IN_WIRE_ORDER))
        order = compare_raw(left->value, left->value_length, right->value, right->value_length);
    return order != 0 ? order : (l > r) - (l < r);
}

/* The parameters that the hash covers, sorted; stores their number in `count`. */
static struct signed_parameter *sorted_parameters(struct arena *arena, const struct query *query,
                                                  unsigned variants, size_t *count) {
    struct signed_parameter *sorted = arena_alloc(arena, query->count * sizeof *sorted);
    *count = 0;
    for (size_t i = 0; i < query->count; i++) {
        const struct query_parameter *parameter = &query->parameters[i];
        if (query_is_named(parameter, "jwt"))
            continue;
        struct signed_parameter *next = &sorted[(*count)++];
        *next = (struct signed_parameter){parameter, parameter->value, parameter->value_length};
        if (!parameter->has_equals && (variants & QSH_NULL_FOR_NO_VALUE)) {
            next->value = "null";
            next->value_length = strlen(next->value);
        }
    }
    qsort_r(sorted, *count, sizeof *sorted, compare_parameters, &variants);
    return sorted;
}

static char *canonical_query(struct arena *arena, const struct query *query, unsigned variants) {
    size_t count, most = 0;
    struct signed_parameter *sorted = sorted_parameters(arena, query, variants, &count);
    for (size_t i = 0; i < count; i++)
        most += ESCAPE_SIZE * (sorted[i].parameter->name_length + sorted[i].value_length) + 2;
    struct buffer text;
    buffer_init(&text, most);
    for (size_t i = 0; i < count; i++) {
        const struct query_parameter *parameter = sorted[i].parameter;
        const struct query_parameter *previous = i == 0 ? NULL : sorted[i - 1].parameter;
        if (previous != NULL && previous->name_length == parameter->name_length &&
            memcmp(previous->name, parameter->name, parameter->name_length) == 0) {
            buffer_add_byte(&text, ',');
        } else {
            if (previous != NULL)
                buffer_add_byte(&text, '&');
            percent_encode(&text, parameter->name, parameter->name_length);
            buffer_add_byte(&text, '=');
        }
        percent_encode(&text, sorted[i].value, sorted[i].value_length);
    }
    return buffer_to_arena(&text, arena);
}

static char *join(struct arena *arena, const char *method, const char *path, const char *query) {
    char *text = arena_format(arena, "%s&%s&%s", method, path, query);
    for (char *at = text; *at != '&' && *at != '\0'; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    return text;
}

char *qsh_canonical(struct arena *arena, const struct qsh_request *request, unsigned variants) {
    return join(arena, request->method, canonical_path(arena, request, variants),
                canonical_query(arena, request->query, variants));
}

void qsh_hash(const char *canonical, char hash[QSH_LENGTH + 1]) {
    unsigned char digest[DIGEST_SIZE];
    digest_sha256(canonical, strlen(canonical), digest);
    digest_hex(digest, sizeof digest, hash);
}

static bool hashes_to(const char *canonical, const char *claimed) {
    char hash[QSH_LENGTH + 1];
    qsh_hash(canonical, hash);
    return digest_equal(hash, claimed, QSH_LENGTH);
}

/* The different texts of the path, or of the query; the host's own first. */
struct forms {
    struct {
        const char *text;
        unsigned variants;
    } form[MOST_FORMS];
    size_t count;
};

static void add_form(struct forms *forms, const char *text, unsigned variants) {
    for (size_t i = 0; i < forms->count; i++)
        if (strcmp(forms->form[i].text, text) == 0)
            return;
    forms->form[forms->count].text = text;
    forms->form[forms->count++].variants = variants;
}

static const char *form_name(struct arena *arena, unsigned variants) {
    const char *name = "";
    for (size_t i = 0; i < sizeof variant_names / sizeof variant_names[0]; i++)
        if (variants & variant_names[i].variant)
            name = arena_format(arena, "%s%s%s", name, *name == '\0' ? "" : ", ",
                                variant_names[i].name);
    return *name == '\0' ? "host form" : name;
}

const char *qsh_match(struct arena *arena, const struct qsh_request *request, const char *canonical,
                      const char *claimed, size_t claimed_length) {
    if (claimed_length != QSH_LENGTH)
        return NULL;
    if (hashes_to(canonical, claimed))
        return form_name(arena, 0);
    struct forms paths = {0}, queries = {0};
    for (unsigned variants = 0; variants <= ALL_VARIANTS; variants++) {
        if ((variants & ~(unsigned)PATH_VARIANTS) == 0)
            add_form(&paths, canonical_path(arena, request, variants), variants);
        if ((variants & ~(unsigned)QUERY_VARIANTS) == 0)
            add_form(&queries, canonical_query(arena, request->query, variants), variants);
    }
    for (size_t p = 0; p < paths.count; p++)
        for (size_t q = p == 0 ? 1 : 0; q < queries.count; q++)
            if (hashes_to(join(arena, request->method, paths.form[p].text, queries.form[q].text),
                          claimed))
                return form_name(arena, paths.form[p].variants | queries.form[q].variants);
    return NULL;
}

/* Violations: their places in the value, how much is wrong in a branch, and the list of them. */
#include "schema/report.h"

#include "json/json_pointer.h"

enum { FIRST_LIST_SIZE = 8, LONGEST_POINTER = 4 * LIMIT_ECHO };

struct schema_place schema_place_member(const struct schema_place *at, const char *name,
                                        struct json_object *value) {
    return (struct schema_place){
        .parent = at, .name = name, .depth = at->depth + 1, .value = value};
}

struct schema_place schema_place_element(const struct schema_place *at, size_t index) {
    return (struct schema_place){.parent = at,
                                 .index = index,
                                 .depth = at->depth + 1,
                                 .value = json_object_array_get_idx(at->value, index)};
}

void schema_score_count(struct schema_score *score, const struct schema_check *check,
                        const struct schema_place *at) {
    bool tag = check->weight == SCHEMA_TAG;
    score->kinds += check->weight == SCHEMA_KIND && at->depth == score->origin;
    score->tags += tag && at->depth == score->origin;
    score->members += tag && at->depth == score->origin + 1;
    score->all++;
    if (at->depth > score->deepest)
        score->deepest = at->depth;
}

void schema_score_add(struct schema_score *score, const struct schema_score *inner) {
    if (inner->origin == score->origin) {
        score->kinds += inner->kinds;
        score->tags += inner->tags;
        score->members += inner->members;
    } else if (inner->origin == score->origin + 1) {
        score->members += inner->tags;
    }
    score->all += inner->all;
    if (inner->deepest > score->deepest)
        score->deepest = inner->deepest;
}

bool schema_score_is_closer(const struct schema_score *a, const struct schema_score *b) {
    if (a->kinds + a->tags != b->kinds + b->tags)
        return a->kinds + a->tags < b->kinds + b->tags;
    if (a->members != b->members)
        return a->members < b->members;
    if (a->all != b->all)
        return a->all < b->all;
    return a->deepest > b->deepest;
}

void schema_report_init(struct schema_report *report, struct arena *arena, size_t maximum,
                        struct schema_violations *out) {
    *report =
        (struct schema_report){.out = out, .maximum = maximum == 0 ? 1 : maximum, .arena = arena};
    buffer_init(&report->text, SCHEMA_REPORT_TEXT);
}

void schema_report_release(struct schema_report *report) {
    buffer_free(&report->text);
}

static void add_place(struct buffer *pointer, const struct schema_place *at) {
    if (at->parent == NULL)
        return;
    add_place(pointer, at->parent);
    if (at->name != NULL)
        json_pointer_add_name(pointer, at->name);
    else
        json_pointer_add_index(pointer, at->index);
}

/* Copies what is in the buffer, which serves for the next text. */
static const char *keep_text(struct schema_report *report) {
    const char *text = arena_copy(report->arena, buffer_text(&report->text), report->text.length);
    buffer_clear(&report->text);
    return text;
}

static const char *write_pointer(struct schema_report *report, const struct schema_place *at) {
    struct buffer pointer;
    buffer_init(&pointer, LONGEST_POINTER);
    add_place(&pointer, at);
    buffer_add_escaped(&report->text, buffer_text(&pointer), pointer.length, LIMIT_ECHO);
    buffer_free(&pointer);
    return keep_text(report);
}

/* Makes room for one more in the list, doubling it when it is full. */
static struct schema_violation *next_violation(struct schema_report *report) {
    struct schema_violations *out = report->out;
    bool full = out->count >= FIRST_LIST_SIZE && (out->count & (out->count - 1)) == 0;
    if (out->count == 0 || full) {
        size_t size = out->count == 0 ? FIRST_LIST_SIZE : out->count * 2;
        struct schema_violation *list = arena_alloc(report->arena, size * sizeof *list);
        for (size_t i = 0; i < out->count; i++)
            list[i] = out->list[i];
        out->list = list;
    }
    return &out->list[out->count++];
}

struct buffer *schema_report_open(struct schema_report *report, const char *keyword,
                                  const struct schema_place *at) {
    report->out->total++;
    if (report->out->count >= report->maximum)
        return NULL;
    struct schema_violation *violation = next_violation(report);
    violation->keyword = keyword;
    violation->pointer = write_pointer(report, at);
    return &report->text;
}

static struct schema_violation *open_violation(struct schema_report *report) {
    return &report->out->list[report->out->count - 1];
}

void schema_report_member(struct schema_report *report, const char *name) {
    open_violation(report)->member = name;
}

void schema_report_close(struct schema_report *report) {
    open_violation(report)->text = keep_text(report);
}

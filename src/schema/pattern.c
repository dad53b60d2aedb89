/* Regular expressions of ECMA-262 that cannot hang. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "schema/pattern.h"

#include <pcre2.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "schema/ecma_pattern.h"

enum {
    BYTES_PER_STEP = 64,           /* moving over this many bytes costs as much as one step */
    LONGEST_TRANSLATION = 1 << 20, /* bytes; more than a source of LIMIT_PATTERN can grow to */
};

struct schema_pattern {
    pcre2_code *code;
    uint32_t references; /* the highest number of a group that is referred to; 0 for none */
};

static void free_code(void *code) {
    pcre2_code_free(code);
}

/* Callouts before every item of the pattern let step() count what a match costs. PCRE2's own match
 * limit starts again at every position in the subject and does not count how far a single item
 * runs, so it does not bound the time that a long subject takes. */
static const uint32_t options =
    PCRE2_UTF | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;

static pcre2_code *compile(const struct buffer *translated, int *error) {
    PCRE2_SIZE at;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (context == NULL)
        return NULL;
    pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)buffer_text(translated), translated->length,
                                     options, error, &at, context);
    pcre2_compile_context_free(context);
    return code;
}

bool schema_pattern_compile(const char *source, size_t length, struct arena *arena,
                            const struct schema_pattern **out, struct fault *fault) {
    struct schema_ecma_problem problem;
    struct buffer translated;
    buffer_init(&translated, LONGEST_TRANSLATION);
    if (!schema_ecma_translate(source, length, &translated, &problem)) {
        buffer_free(&translated);
        return fault_set(fault, FAULT_INPUT,
                         "is not a valid regular expression: %s (after %zu bytes)", problem.text,
                         problem.at);
    }
    int error = PCRE2_ERROR_NOMEMORY;
    pcre2_code *code = compile(&translated, &error);
    buffer_free(&translated);
    if (code == NULL) {
        char text[128];
        pcre2_get_error_message(error, (PCRE2_UCHAR *)text, sizeof text);
        return fault_set(fault, FAULT_INPUT, "is a regular expression that cannot be used: %s",
                         text);
    }
    arena_keep(arena, free_code, code);
    struct schema_pattern *pattern = arena_alloc(arena, sizeof *pattern);
    pattern->code = code;
    pcre2_pattern_info(code, PCRE2_INFO_BACKREFMAX, &pattern->references);
    *out = pattern;
    return true;
}

bool schema_pattern_valid(const char *source, size_t length) {
    struct schema_ecma_problem problem;
    struct buffer translated;
    buffer_init(&translated, LONGEST_TRANSLATION);
    bool valid = schema_ecma_translate(source, length, &translated, &problem);
    buffer_free(&translated);
    return valid;
}

/* Spends the steps for moving over some bytes; false when not enough are left. */
static bool spend(struct schema_matcher *matcher, size_t bytes) {
    size_t cost = 1 + bytes / BYTES_PER_STEP;
    bool enough = matcher->steps >= cost;
    matcher->steps = enough ? matcher->steps - cost : 0;
    return enough;
}

/* PCRE2 calls it before it tries an item of the pattern. */
static int step(pcre2_callout_block *block, void *context) {
    struct schema_matcher *matcher = context;
    size_t from = matcher->position, to = block->current_position;
    matcher->position = to;
    return spend(matcher, (to > from ? to - from : from - to) + matcher->unseen)
               ? 0
               : PCRE2_ERROR_CALLOUT;
}

static bool prepare(struct schema_matcher *matcher) {
    if (matcher->context != NULL)
        return true;
    if (matcher->data == NULL)
        matcher->data = pcre2_match_data_create(1, NULL);
    if (matcher->data != NULL)
        matcher->context = pcre2_match_context_create(NULL);
    if (matcher->context == NULL)
        return false;
    pcre2_set_match_limit(matcher->context, LIMIT_PATTERN_STEPS);
    pcre2_set_depth_limit(matcher->context, LIMIT_PATTERN_STEPS);
    pcre2_set_heap_limit(matcher->context, LIMIT_PATTERN_HEAP);
    pcre2_set_callout(matcher->context, step, matcher);
    return true;
}

enum schema_match schema_pattern_match(const struct schema_pattern *pattern, const char *subject,
                                       size_t length, struct schema_matcher *matcher) {
    if (!prepare(matcher) || !spend(matcher, length)) /* the check for UTF-8 reads all of it */
        return SCHEMA_MATCH_UNDECIDED;
    matcher->unseen = pattern->references > 0 ? length : 0;
    matcher->position = 0;
    int result = pcre2_match(pattern->code, (PCRE2_SPTR)subject, length, 0, 0, matcher->data,
                             matcher->context);
    if (result >= 0)
        return SCHEMA_MATCH;
    bool malformed = result <= PCRE2_ERROR_UTF8_ERR1 && result >= PCRE2_ERROR_UTF8_ERR21;
    return result == PCRE2_ERROR_NOMATCH || malformed ? SCHEMA_NO_MATCH : SCHEMA_MATCH_UNDECIDED;
}

void schema_matcher_release(struct schema_matcher *matcher) {
    pcre2_match_data_free(matcher->data);
    pcre2_match_context_free(matcher->context);
    matcher->data = NULL;
    matcher->context = NULL;
}

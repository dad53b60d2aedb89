/* Allocation helpers and arenas. */
#include <stdalign.h>
#include <stdlib.h>

#include "base/memory.h"
#include "unit.h"

static void blocks_are_zeroed_and_keep_their_content(void **state) {
    (void)state;
    static const char zeroes[1000];
    char *block = memory_alloc(sizeof zeroes);
    assert_memory_equal(block, zeroes, sizeof zeroes);
    memset(block, 'x', sizeof zeroes);
    block = memory_resize(block, 2 * sizeof zeroes);
    assert_int_equal(block[0], 'x');
    assert_int_equal(block[sizeof zeroes - 1], 'x');
    free(block);
    free(memory_alloc(0)); /* never NULL, as its attribute promises */
    block = memory_resize(NULL, 1);
    block[0] = 'x';
    free(block);
}

static void copies_end_with_a_nul(void **state) {
    (void)state;
    char *copy = memory_copy("a\0bc", 3);
    assert_memory_equal(copy, "a\0b", 4);
    free(copy);
    copy = memory_copy("abc", 0);
    assert_string_equal(copy, "");
    free(copy);
}

static void an_arena_owns_what_it_gives(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    static const char zeroes[100];
    char *block = arena_alloc(arena, sizeof zeroes);
    assert_memory_equal(block, zeroes, sizeof zeroes);
    memset(block, 'x', sizeof zeroes);
    char text[] = "text";
    char *same = arena_text(arena, text);
    char *part = arena_copy(arena, text, 2);
    text[0] = 'n';
    assert_string_equal(same, "text");
    assert_string_equal(part, "te");
    assert_null(arena_text(arena, NULL));
    assert_string_equal(arena_format(arena, "%s-%d", same, 7), "text-7");
    assert_string_equal(arena_format(arena, "%s", ""), "");
    assert_int_equal(block[0], 'x');
    arena_free(arena); /* whether all of it is freed is for the leak checker to say */
    arena_free(NULL);
}

/* Small allocations share blocks, large ones have their own. */
static void arena_memory_is_zeroed_aligned_and_apart(void **state) {
    static const size_t sizes[] = {0, 1, 7, 8, 16, 17, 100, 2000, 2047, 2048, 2049, 8192, 100000};
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
            char *bytes = arena_alloc(*state, sizes[i]);
            assert_int_equal((uintptr_t)bytes % alignof(max_align_t), 0);
            for (size_t at = 0; at < sizes[i]; at++)
                assert_int_equal(bytes[at], 0);
            memset(bytes, 0xff, sizes[i]); /* shows in the next one if they overlap */
        }
}

static char released[8];

static void release(void *object) {
    strncat(released, object, sizeof released - strlen(released) - 1);
}

static void an_arena_releases_newest_first(void **state) {
    (void)state;
    static char first[] = "1", second[] = "2", third[] = "3";
    struct arena *arena = arena_new();
    released[0] = '\0';
    arena_keep(arena, release, first);
    arena_keep(arena, release, second);
    arena_keep(arena, release, third);
    assert_string_equal(released, "");
    arena_free(arena);
    assert_string_equal(released, "321");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(blocks_are_zeroed_and_keep_their_content),
        UNIT_TEST(copies_end_with_a_nul),
        UNIT_TEST(an_arena_owns_what_it_gives),
        UNIT_TEST(arena_memory_is_zeroed_aligned_and_apart),
        UNIT_TEST(an_arena_releases_newest_first),
    };
    return UNIT_RUN(tests);
}

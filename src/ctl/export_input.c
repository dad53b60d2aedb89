/* The export that an import reads, twice from its beginning. */
#include "ctl/export_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void close_file(void *file) {
    fclose(file);
}

static bool fail(const char *what, struct fault *fault) {
    return fault_set(fault, FAULT_UNAVAILABLE, "cannot %s: %s", what, strerror(errno));
}

/* A file without a name. */
static FILE *make_file(struct arena *arena) {
    const char *folder = config_environment("TMPDIR");
    char *path = arena_format(arena, "%s/dynmodctl-XXXXXX", folder == NULL ? "/tmp" : folder);
    int descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor < 0)
        return NULL;
    unlink(path);
    return fdopen(descriptor, "w+");
}

static bool copy(FILE *from, FILE *to) {
    char piece[BUFSIZ];
    size_t count;
    while ((count = fread(piece, 1, sizeof piece, from)) > 0)
        if (fwrite(piece, 1, count, to) != count)
            return false;
    return ferror(from) == 0 && fflush(to) == 0;
}

bool export_input_open(struct invocation *invocation, const char *path, FILE **file,
                       struct fault *fault) {
    bool standard = strcmp(path, "-") == 0;
    *file = standard ? stdin : fopen(path, "re");
    if (*file == NULL)
        return fail(arena_format(invocation->arena, "open %s", path), fault);
    if (!standard)
        arena_keep(invocation->arena, close_file, *file);
    if (fseeko(*file, 0, SEEK_SET) == 0)
        return true;
    FILE *kept = make_file(invocation->arena);
    if (kept == NULL)
        return fail("make a file for the export in TMPDIR", fault);
    arena_keep(invocation->arena, close_file, kept);
    if (!copy(*file, kept))
        return fail("copy the export to a file in TMPDIR", fault);
    *file = kept;
    return fseeko(kept, 0, SEEK_SET) == 0 || fail("read the export again", fault);
}

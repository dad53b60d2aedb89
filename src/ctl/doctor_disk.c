/* What doctor checks of file systems. */
#include "ctl/doctor_disk.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/limits.h"
#include "ctl/doctor_mend.h"
#include "store/store_cluster.h"

#define PACKAGES "/var/cache/apt/archives" /* copies that apt can download again */

static bool same_file_system(const char *path, const char *other) {
    struct stat one, two;
    return stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev;
}

/* `what` is in the directory `path`. */
static void check_disk(struct findings *findings, const char *what, const char *path) {
    struct statvfs disk;
    if (statvfs(path, &disk) != 0 || disk.f_blocks == 0)
        return;
    const unsigned long long mebibytes =
        (unsigned long long)disk.f_bavail * disk.f_frsize / (1024 * 1024);
    const unsigned long long percent = (unsigned long long)disk.f_bavail * 100 / disk.f_blocks;
    if (percent >= LIMIT_DISK_FREE_PERCENT || mebibytes >= LIMIT_DISK_FREE_MIB) {
        findings_add(findings, FINDING_OK, "disk", "%s in %s: %llu MiB are free", what, path,
                     mebibytes);
        return;
    }
    findings_add(findings, FINDING_ERROR, "disk",
                 "the disk for %s in %s is nearly full: %llu MiB are free, %llu %%", what, path,
                 mebibytes, percent);
    findings_mend(findings,
                  same_file_system(path, PACKAGES)
                      ? "apt-get clean"
                      : arena_format(findings->invocation->arena,
                                     "du -xh --max-depth=3 %s | sort -h | tail # what takes it",
                                     mend_word(findings, path)));
}

void doctor_check_disks(struct findings *findings) {
    static const char logs[] = "/var/log";
    struct arena *arena = findings->invocation->arena;
    const char *directory = NULL;
    struct fault fault;
    check_disk(findings, "logs", logs);
    if (findings->cluster == NULL || destination_socket(arena, &findings->where) == NULL ||
        !store_data_directory(findings->cluster, arena, &directory, &fault))
        return;
    if (directory != NULL && !same_file_system(logs, directory))
        check_disk(findings, "the database", directory);
}

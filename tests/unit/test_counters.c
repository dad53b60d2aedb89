/* Counts that processes share. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/counters.h"
#include "base/log.h"
#include "unit.h"

enum { PROCESSES = 4, EACH = 2000 };

static char logged[1000];

static void keep_line(void *context, const char *line, size_t length) {
    (void)context;
    snprintf(logged, sizeof logged, "%.*s", (int)length, line);
}

/* Each test is a process of its own, which has not opened a file yet. */
static int in_process(void (*test)(const char *path), const char *path) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        test(path);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return status;
}

static void require(bool holds) {
    if (!holds)
        _exit(1);
}

static const char *new_path(struct arena *arena) {
    const char *path = unit_file(arena);
    unlink(path);
    return path;
}

/* A minute that does not end while a test runs. */
static void wait_for_minute(void) {
    while (clock_now() % 60 > 55)
        usleep(100 * 1000);
}

static void count_once(const char *path) {
    counters_add(path, "all of them");
}

static void count_often(const char *path) {
    for (int i = 0; i < EACH; i++)
        count_once(path);
}

/* A subject that is known: those that count one first at the same instant may lose counts. */
static void processes_count_together(void **state) {
    const char *path = new_path(*state);
    pid_t children[PROCESSES];
    wait_for_minute();
    assert_int_equal(in_process(count_once, path), 0);
    for (int i = 0; i < PROCESSES; i++)
        if ((children[i] = fork()) == 0) {
            count_often(path);
            _exit(0);
        }
    for (int i = 0; i < PROCESSES; i++)
        waitpid(children[i], NULL, 0);
    struct count count = counters_get(path, "all of them");
    assert_int_equal(count.now, PROCESSES * EACH + 1);
    assert_in_range(count.seconds, 1, 60);
    assert_int_equal(counters_add(path, "all of them").now, PROCESSES * EACH + 2);
    assert_int_equal(counters_get(path, "another").now, 0);
    assert_int_equal(counters_add(path, "another").now, 1);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_in_range(status.st_size, 1, 200 * 1024);
}

static void count_in_time(const char *path) {
    alarm(10);
    require(counters_add(path, "me").now == 1);
}

/* The map of one process kept its lock, and others waited for ever. */
static void a_process_that_stays_holds_nobody_up(void **state) {
    const char *path = new_path(*state);
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t holder = fork();
    if (holder == 0) {
        counters_add(path, "it");
        require(write(ready[1], "x", 1) == 1);
        pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(in_process(count_in_time, path), 0);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    close(ready[0]);
    close(ready[1]);
}

/* There is one file in the life of a process. */
static void many_subjects_are_told_apart(const char *path) {
    size_t kept = 0;
    char subject[32];
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < 1000; i++) {
            snprintf(subject, sizeof subject, "subject %d", i);
            kept += turn == 0 ? counters_add(path, subject).now != 1
                              : counters_get(path, subject).now == 1;
        }
    require(kept > 990);
}

static void subjects_have_room(void **state) {
    const char *path = new_path(*state);
    wait_for_minute();
    assert_int_equal(in_process(many_subjects_are_told_apart, path), 0);
}

static void counts_alone(const char *path) {
    log_to(keep_line, NULL);
    require(counters_add(path, "x").now == 1 && counters_add(path, "x").now == 2);
    require(strstr(logged, "every process counts for itself") != NULL);
    logged[0] = '\0';
    require(counters_add(path, "x").now == 3);
    require(logged[0] == '\0'); /* it is said once */
}

static void files_of_others_are_not_used(void **state) {
    const char *path = new_path(*state), *other = new_path(*state);
    int file = open(path, O_CREAT | O_WRONLY, 0644);
    assert_int_equal(fchmod(file, 0644), 0);
    assert_int_equal(in_process(counts_alone, path), 0);
    assert_int_equal(fchmod(file, 0600), 0);
    assert_int_equal(write(file, "something", 9), 9);
    assert_int_equal(in_process(counts_alone, path), 0);
    assert_int_equal(ftruncate(file, 1 << 20), 0);
    assert_int_equal(in_process(counts_alone, path), 0);
    assert_int_equal(ftruncate(file, 0), 0);
    assert_int_equal(link(path, other), 0);
    assert_int_equal(in_process(counts_alone, path), 0);
    unlink(other);
    assert_int_equal(symlink(path, other), 0);
    assert_int_equal(in_process(counts_alone, other), 0);
    unlink(other);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(in_process(counts_alone, path), 0);
    assert_int_equal(in_process(counts_alone, "/nonexistent/counters"), 0);
    close(file);
}

static void counts_together(const char *path) {
    log_to(keep_line, NULL);
    require(counters_add(path, "x").now > 0 && logged[0] == '\0');
}

static void has_counted_two(const char *path) {
    require(counters_get(path, "x").now == 2);
}

/* A process that was killed at the wrong moment left a file that none could use any more. */
static void an_unfinished_file_is_finished(void **state) {
    const char *path = new_path(*state);
    struct stat status;
    assert_int_equal(in_process(counts_together, path), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(truncate(path, status.st_size), 0);
    wait_for_minute();
    assert_int_equal(in_process(counts_together, path), 0);
    assert_int_equal(in_process(counts_together, path), 0);
    assert_int_equal(in_process(has_counted_two, path), 0);
}

/* A map of blocks that are not there kills the process when the disk is full. */
static void the_file_has_all_its_blocks(void **state) {
    const char *path = new_path(*state);
    struct stat status;
    assert_int_equal(in_process(counts_together, path), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_blocks * 512 >= status.st_size);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(files_of_others_are_not_used),         UNIT_TEST(subjects_have_room),
        UNIT_TEST(a_process_that_stays_holds_nobody_up), UNIT_TEST(the_file_has_all_its_blocks),
        UNIT_TEST(an_unfinished_file_is_finished),       UNIT_TEST(processes_count_together),
    };
    return UNIT_RUN(tests);
}

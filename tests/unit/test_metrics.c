/* What is counted for monitoring, by several processes together. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/metrics.h"
#include "unit.h"

enum { PROCESSES = 4, EACH = 5000 };

/* The value of a sample, -1 when there is none. */
static double value_of(const char *text, const char *sample) {
    size_t length = strlen(sample);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, sample, length) == 0 && line[length] == ' ')
            return strtod(line + length, NULL);
    }
    return -1;
}

static void count(const char *path) {
    metrics_open(path, "dynmod.fcgi");
    for (int i = 0; i < EACH; i++) {
        metrics_count_request("POST", 200, i % 2 == 0 ? 1000 : 1001, true);
        metrics_count_request("BREW", 418, 10, false);
        metrics_count_query(20 * 1000 * 1000);
        metrics_count_refusal(METRICS_REFUSAL_QSH);
    }
    metrics_open(path, "dynmod-admin.fcgi");
    metrics_count_request("PUT", 204, 1, true);
}

static const char *new_path(struct arena *arena) {
    const char *path = arena_format(arena, "/tmp/dynmod-metrics-%ld", (long)getpid());
    unlink(arena_format(arena, "%s-metrics2", path));
    return path;
}

static void processes_count_together(void **state) {
    const char *path = new_path(*state);
    int status = 0;
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0) {
            count(path);
            _exit(0);
        }
    for (int i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    metrics_open(path, "dynmod.fcgi");
    metrics_write(&buffer);
    const char *text = buffer_text(&buffer);
    static const struct {
        const char *sample;
        double value;
    } samples[] = {
#define PROGRAM "program=\"dynmod.fcgi\""
        {"dynmod_requests_total{" PROGRAM ",method=\"POST\",status=\"200\"}", PROCESSES * EACH},
        {"dynmod_requests_total{" PROGRAM ",method=\"other\",status=\"other\"}", PROCESSES * EACH},
        {"dynmod_requests_total{" PROGRAM ",method=\"GET\",status=\"200\"}", -1},
        {"dynmod_requests_total{" PROGRAM ",method=\"GET\",status=\"503\"}", 0},
        {"dynmod_requests_total{program=\"dynmod-admin.fcgi\",method=\"PUT\",status=\"204\"}",
         PROCESSES},
        {"dynmod_request_duration_seconds_bucket{" PROGRAM ",le=\"0.001\"}",
         (double)PROCESSES * EACH / 2},
        {"dynmod_request_duration_seconds_bucket{" PROGRAM ",le=\"0.0025\"}", PROCESSES * EACH},
        {"dynmod_request_duration_seconds_bucket{" PROGRAM ",le=\"+Inf\"}", PROCESSES * EACH},
        {"dynmod_request_duration_seconds_count{" PROGRAM "}", PROCESSES * EACH},
        {"dynmod_database_duration_seconds_bucket{" PROGRAM ",le=\"10\"}", 0},
        {"dynmod_database_duration_seconds_count{" PROGRAM "}", PROCESSES * EACH},
        {"dynmod_database_duration_seconds_sum{" PROGRAM "}", 20.0 * PROCESSES * EACH},
        {"dynmod_refusals_total{" PROGRAM ",reason=\"qsh\"}", PROCESSES * EACH},
        {"dynmod_refusals_total{" PROGRAM ",reason=\"signature\"}", 0},
        {"dynmod_database_retries_total{" PROGRAM "}", 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(samples); i++)
        if (value_of(text, samples[i].sample) != samples[i].value)
            fail_msg("%s is %g", samples[i].sample, value_of(text, samples[i].sample));
    buffer_free(&buffer);
    unlink(arena_format(*state, "%s-metrics2", path));
}

static void the_time_of_the_database_is_taken_once(void **state) {
    (void)state;
    metrics_take_database_time();
    metrics_count_query(30);
    metrics_count_query(12);
    assert_int_equal(metrics_take_database_time(), 42);
    assert_int_equal(metrics_take_database_time(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(processes_count_together),
        UNIT_TEST(the_time_of_the_database_is_taken_once),
    };
    return UNIT_RUN(tests);
}

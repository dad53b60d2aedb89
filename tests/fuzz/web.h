/* What a web server and a database are to the fuzzers of whole requests. */
#ifndef DYNMOD_TESTS_FUZZ_WEB_H
#define DYNMOD_TESTS_FUZZ_WEB_H

#include <stdint.h>

#include "base/config.h"
#include "base/memory.h"

enum { WEB_PARAMETERS_MAX = 64 };

/* A request as the web server has it. */
struct web_input {
    char *parameters[WEB_PARAMETERS_MAX + 1];
    const char *body;
    size_t body_length;
};

/* Reads lines "NAME=value" up to an empty one, then the body. The words SIGNED HERE in the place of
 * a token become one that is right for the request. From now on the database, which is made up,
 * answers as the number FAKE_DATABASE among the parameters says, and the lines of the log are
 * checked and dropped. */
void web_read(struct arena *arena, const uint8_t *data, size_t size, struct web_input *input);

/* The value of a parameter, "" when there is none. */
const char *web_parameter(const struct web_input *input, const char *name);

/* The last two digits of a number among the parameters, 0 when there is none. */
unsigned long web_number(const struct web_input *input, const char *name);

/* The service of the public program: one for all requests, as it takes long to make. */
void *web_service(const struct config *config, const char *name, bool lasting);

/* Aborts unless the text, which ends in NUL, is one whole response and nothing else. */
void web_check_response(struct arena *arena, const struct web_input *input, const char *text,
                        size_t length);

#endif

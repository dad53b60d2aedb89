/* What a configuration file of a web server says that matters to dynmod. */
#ifndef DYNMOD_CTL_SET_UP_H
#define DYNMOD_CTL_SET_UP_H

#include <json-c/json.h>
#include <stdbool.h>

#include "ctl/invocation.h"

/* Apart from comments; -1 for a number it does not set. */
struct set_up {
    const char *path;
    bool names_dynmod;
    bool apache_program; /* Apache hands requests to a program */
    bool fcgid;
    bool starts_programs;        /* behind the sockets; otherwise somebody else does */
    bool authorization;          /* the header is passed on */
    long fcgid_bytes;            /* FcgidMaxRequestLen */
    long apache_bytes;           /* LimitRequestBody, 0 for no limit */
    long lighttpd_kibibytes;     /* server.max-request-size, 0 for no limit */
    struct json_object *sites;   /* {"name", "path"}: those it names in DYNMOD_SITE, and where */
    struct json_object *sockets; /* paths of UNIX sockets, by the variable or the path itself */
};

/* Reads the file `path`, and where it includes them the operator's own files in a folder dynmod; it
 * is all owned by the arena. Fails as invocation_read_file() does. */
bool set_up_read(struct invocation *invocation, const char *path, struct set_up *set_up,
                 struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif

/* What doctor checks of web servers at work: their processes and sockets. */
#ifndef DYNMOD_CTL_DOCTOR_SERVICE_H
#define DYNMOD_CTL_DOCTOR_SERVICE_H

#include "ctl/finding.h"
#include "ctl/set_up.h"

/* A web server and its enabled files that mention dynmod. */
struct server_files {
    const char *name;
    const char *service;
    const char *pid_file;
    struct set_up *set_ups;
    size_t count;
};

/* Adds findings on those servers that have such files. */
void doctor_check_services(struct findings *findings, const struct server_files *servers,
                           size_t count) __attribute__((nonnull));

#endif

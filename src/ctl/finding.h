/* What doctor has found, or setup has done, in order. */
#ifndef DYNMOD_CTL_FINDING_H
#define DYNMOD_CTL_FINDING_H

#include <json-c/json.h>
#include <stddef.h>

#include "ctl/invocation.h"
#include "store/destination.h"

enum finding_level {
    FINDING_OK,
    FINDING_NOTE,    /* could not be checked, or is up to the operator */
    FINDING_WARNING, /* works, but not well or not in every case */
    FINDING_ERROR,   /* something does not work */
    FINDING_PRESENT, /* was there already; these are what setup says */
    FINDING_DONE,
    FINDING_PLANNED, /* would be done */
};

struct findings {
    struct invocation *invocation;
    struct json_object *list; /* of {"level", "check", "text"}, some with "command" */
    size_t errors;

    const char *user;          /* with whose eyes to look; NULL for those of the caller */
    struct destination where;  /* the database of the configuration, as `user` connects to it */
    struct database *cluster;  /* a connection that can read the catalogue; NULL for none */
    struct database *tables;   /* one with the rights of an operator; NULL for none */
    bool is_operator;          /* that of the configuration has them */
    struct json_object *sites; /* as store_list_sites() shows them; NULL when nobody knows */
};

/* An empty list, owned by the invocation's arena. */
void findings_init(struct findings *findings, struct invocation *invocation)
    __attribute__((nonnull));
/* Adds a finding; `check` names what was checked. */
void findings_add(struct findings *findings, enum finding_level level, const char *check,
                  const char *format, ...) __attribute__((nonnull, format(printf, 4, 5)));
/* The texts of a JSON array, separated by commas; owned by the arena. */
const char *findings_joined(struct findings *findings, struct json_object *names)
    __attribute__((nonnull(1), returns_nonnull));
/* The site with this name or base URL among findings->sites; NULL when it is none of them. */
struct json_object *findings_site(const struct findings *findings, const char *name)
    __attribute__((nonnull));
/* Adds to the newest finding the shell command that mends it, to be run by root. */
void findings_mend(struct findings *findings, const char *command) __attribute__((nonnull));
/* Prints them all, with the commands behind them. */
void findings_print(const struct findings *findings) __attribute__((nonnull));

#endif

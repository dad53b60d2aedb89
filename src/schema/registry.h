/* The places of schemas in documents, and the URIs that identify them. */
#ifndef DYNMOD_SCHEMA_REGISTRY_H
#define DYNMOD_SCHEMA_REGISTRY_H

#include <json-c/json.h>
#include <json-c/linkhash.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/memory.h"

struct schema_node;
struct schema_location;

/* The index where there is none. */
enum { SCHEMA_NO_INDEX = -1 };

/* A place in a document: a keyword of `parent`, and within its value a name, an index, or both. */
struct schema_spot {
    struct schema_location *parent;
    const char *keyword; /* NULL for the parent itself */
    const char *name;    /* or NULL */
    long index;          /* or SCHEMA_NO_INDEX */
};

/* A schema in a document. */
struct schema_location {
    struct schema_spot spot; /* the root of a document has no parent */
    const char *pointer;  /* from the parent, where the spot alone does not lead there; or NULL */
    const char *document; /* its URI; "" for the schema to compile */
    const char *base;     /* the URI that references in it are relative to (core, 8.2) */
    struct json_object *object;
    /* for the compiler: */
    struct schema_node *node;     /* NULL until something needs the schema */
    struct schema_location *next; /* in the order of compiling */
    struct schema_link *in_place; /* the schemas that it applies to the same place of the value */
    unsigned height;              /* of the tree of those, once schema/loop.c has measured it */
    bool open;                    /* while it does */
};

struct schema_link {
    struct schema_link *next;
    struct schema_location *location;
};

struct schema_registry {
    struct arena *arena; /* owns the locations */
    struct lh_table *locations;
    struct lh_table *names;
    struct fault *fault;
};

/* Makes an empty registry; what fails in it fills `fault`. */
void schema_registry_init(struct schema_registry *registry, struct fault *fault)
    __attribute__((nonnull));
/* Frees everything the registry owns. */
void schema_registry_release(struct schema_registry *registry) __attribute__((nonnull));
/* Records the document `root`, which `uri` identifies, and the schemas in it. */
bool schema_registry_add(struct schema_registry *registry, const char *uri,
                         struct json_object *root) __attribute__((nonnull(1, 2)));
/* The location of a recorded schema; NULL for anything else. */
struct schema_location *schema_registry_find(const struct schema_registry *registry,
                                             const struct json_object *object)
    __attribute__((nonnull(1)));
/* Finds the schema that `reference`, in the schema `from`, leads to; fails when there is none. */
bool schema_registry_resolve(struct schema_registry *registry, struct schema_location *from,
                             const char *reference, struct schema_location **out)
    __attribute__((nonnull));
/* Fills the fault with the URI of the spot, followed by the text; returns false. */
bool schema_registry_refuse(struct schema_registry *registry, const struct schema_spot *spot,
                            const char *format, ...) __attribute__((nonnull, format(printf, 3, 4)));

#endif

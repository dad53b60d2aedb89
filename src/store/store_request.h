/* The id of a request in statements that change what the history records. */
#ifndef DYNMOD_STORE_STORE_REQUEST_H
#define DYNMOD_STORE_STORE_REQUEST_H

/* In FROM, before the function that makes the change: the setting dynmod.request becomes the value
 * of `parameter`, which is log_request(), until the statement ends. */
#define STORE_REQUEST(parameter)                                                                   \
    "pg_catalog.set_config('dynmod.request', " parameter ", true) AS request"

/* The site in $1 for that function, as a text that is known only when the setting is made: so that
 * PostgreSQL cannot run them the other way round. */
#define STORE_REQUEST_SITE "pg_catalog.concat(pg_catalog.left(request, 0), $1::text)"

#endif

/* The public keys of a site, with which apps verify its calls. */
#include "admin/keys.h"

#include "host/service.h"
#include "store/store_site_key.h"

void keys_show(struct exchange *exchange, const void *caller) {
    (void)caller;
    const struct service *service = exchange->service;
    const struct request *request = exchange->request;
    const char *key;
    struct fault fault;
    if (!store_find_public_key(service->database, request->arena, exchange->site,
                               exchange->parameters[0], &key, &fault)) {
        exchange_fail(exchange, &fault);
    } else if (key == NULL) {
        response_error(exchange->response, 404, "The key does not exist.");
    } else {
        exchange->response->status = 200;
        response_body(exchange->response, "application/x-pem-file", key);
        /* a key never changes, but may be withdrawn */
        response_header(exchange->response, "Cache-Control", "public, max-age=86400");
    }
}

/* The resource of an app's dynamic modules: list, register, remove. */
#ifndef DYNMOD_API_DYNAMIC_MODULES_H
#define DYNMOD_API_DYNAMIC_MODULES_H

#include "api/exchange.h"

/* GET and HEAD: 200 with the map of module type to modules, or 304. */
void dynamic_modules_list(struct exchange *exchange) __attribute__((nonnull));
/* POST: 200 without a body, or 400 that names every problem. */
void dynamic_modules_register(struct exchange *exchange) __attribute__((nonnull));
/* DELETE: 204, also when there was nothing to remove. */
void dynamic_modules_remove(struct exchange *exchange) __attribute__((nonnull));

#endif

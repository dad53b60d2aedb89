/* The public keys of a site, with which apps verify its calls. */
#ifndef DYNMOD_ADMIN_KEYS_H
#define DYNMOD_ADMIN_KEYS_H

#include "http/router.h"

/* The key with the id in the path as PEM; anyone may ask. */
route_handler keys_show;

#endif

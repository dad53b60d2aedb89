/* Key pairs with which a host signs what it tells apps. */
#ifndef DYNMOD_HOST_RSA_KEY_H
#define DYNMOD_HOST_RSA_KEY_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/memory.h"

/* Makes a new RSA key of 2048 bits and stores its two halves as PEM with LF line ends, owned by the
 * arena: the private one as PKCS #8 (RFC 5208), which is wiped when the arena is freed, the public
 * one as SubjectPublicKeyInfo (RFC 5280), which is what Connect's libraries read. Takes about 0.1
 * s. Fails with FAULT_INTERNAL. */
bool rsa_key_generate(struct arena *arena, const char **private_key, const char **public_key,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif

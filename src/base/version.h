/* The version of dynmod. */
#ifndef DYNMOD_BASE_VERSION_H
#define DYNMOD_BASE_VERSION_H

#define DYNMOD_VERSION "0.1.0"

#endif

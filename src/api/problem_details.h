/* What is wrong with modules that were sent, for programs to read (RFC 9457). */
#ifndef DYNMOD_API_PROBLEM_DETAILS_H
#define DYNMOD_API_PROBLEM_DETAILS_H

#include "connect/problem.h"
#include "http/response.h"

/* Makes it a 400 whose text is the one message that names every error. Clients that want RFC 9457
 * get the sorted problems besides: "problems" has {"pointer", "rule", "text", "severity"} of each,
 * errors before warnings, in LIMIT_MESSAGE bytes at most; "more" says how many are left out, if any
 * are. */
void problem_details_answer(struct response *response, const struct problem_list *problems)
    __attribute__((nonnull));

#endif

/* Why something failed: the one error idiom of dynmod. */
#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>

bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...) {
    char text[LIMIT_FAULT_TEXT]; /* the arguments may point into the fault itself */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fault->kind = kind;
    snprintf(fault->text, sizeof fault->text, "%s", text);
    return false;
}

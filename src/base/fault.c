/* Why something failed: the one error idiom of dynmod. */
#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

void fault_fill(struct fault *fault, enum fault_kind kind, const char *format, ...) {
    char text[sizeof fault->text + 1]; /* the arguments may point into the fault itself */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t length = utf8_fitting(text, strlen(text), sizeof fault->text - 1);
    memcpy(fault->text, text, length);
    fault->text[length] = '\0';
    fault->kind = kind;
}

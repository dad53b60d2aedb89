/* The formats that the keyword "format" knows. */
#include "schema/format.h"

#include <string.h>

#include "json/json_pointer.h"
#include "schema/format_address.h"
#include "schema/format_email.h"
#include "schema/format_hostname.h"
#include "schema/format_time.h"
#include "schema/format_uri.h"
#include "schema/format_uri_template.h"
#include "schema/pattern.h"

/* The formats of JSON Schema validation, 7.3, except IRIs and relative JSON Pointers. */
static const struct schema_format formats[] = {
    {"uri", "a URI", schema_uri_valid},
    {"uri-reference", "a URI or a relative reference", schema_uri_reference_valid},
    {"uri-template", "a URI template", schema_uri_template_valid},
    {"regex", "a regular expression", schema_pattern_valid},
    {"date-time", "a date and time such as 2026-01-31T12:00:00Z", schema_time_is_date_time},
    {"date", "a date such as 2026-01-31", schema_time_is_date},
    {"time", "a time such as 12:00:00Z", schema_time_is_time},
    {"email", "an e-mail address", schema_email_valid},
    {"idn-email", "an e-mail address", schema_email_idn_valid},
    {"hostname", "a host name", schema_hostname_valid},
    {"idn-hostname", "a host name", schema_hostname_idn_valid},
    {"ipv4", "an IPv4 address", schema_address_is_ipv4},
    {"ipv6", "an IPv6 address", schema_address_is_ipv6},
    {"json-pointer", "a JSON Pointer", json_pointer_valid},
};

const struct schema_format *schema_format_named(const char *name) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

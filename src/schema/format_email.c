/* E-mail addresses, plain and internationalized. */
#include "schema/format_email.h"

#include <ctype.h>
#include <string.h>

#include "base/utf8.h"
#include "schema/format_address.h"
#include "schema/format_hostname.h"

enum { LONGEST_LOCAL_PART = 64, SHORTEST_QUOTED = 2 };

static bool is_word_character(char byte, bool international) {
    if (!isascii(byte))
        return international;
    return isalnum((unsigned char)byte) ||
           (byte != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", byte) != NULL);
}

static bool words_valid(const char *text, size_t length, bool international) {
    bool in_word = false;
    for (size_t i = 0; i < length; i++) {
        if (!is_word_character(text[i], international) && (text[i] != '.' || !in_word))
            return false;
        in_word = text[i] != '.';
    }
    return in_word;
}

static bool quoted_valid(const char *text, size_t length, bool international) {
    if (length < SHORTEST_QUOTED || text[0] != '"' || text[length - 1] != '"')
        return false;
    for (size_t i = 1; i + 1 < length; i++) {
        if (text[i] == '\\' && i + 2 < length)
            i++;
        else if (text[i] == '"' || text[i] == '\\')
            return false;
        if (isascii(text[i]) ? !isprint((unsigned char)text[i]) : !international)
            return false;
    }
    return true;
}

static bool domain_valid(const char *text, size_t length, bool international) {
    if (length < 2 || text[0] != '[' || text[length - 1] != ']')
        return international ? schema_hostname_idn_valid(text, length)
                             : schema_hostname_valid(text, length);
    text++;
    length -= 2;
    if (length > 5 && strncasecmp(text, "IPv6:", 5) == 0)
        return schema_address_is_ipv6(text + 5, length - 5);
    return schema_address_is_ipv4(text, length);
}

static bool mailbox_valid(const char *text, size_t length, bool international) {
    const char *at = memrchr(text, '@', length);
    if (at == NULL)
        return false;
    size_t local = (size_t)(at - text);
    return local <= LONGEST_LOCAL_PART &&
           (words_valid(text, local, international) || quoted_valid(text, local, international)) &&
           domain_valid(at + 1, length - local - 1, international);
}

bool schema_email_valid(const char *text, size_t length) {
    return mailbox_valid(text, length, false);
}

bool schema_email_idn_valid(const char *text, size_t length) {
    return utf8_valid_prefix(text, length) == length && mailbox_valid(text, length, true);
}

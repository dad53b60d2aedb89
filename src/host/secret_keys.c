/* The keys that seal secrets, from the file of the option secrets_key. */
#include "host/secret_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"

enum { HEX_LENGTH = 2 * SECRET_KEY_SIZE, FILE_MAX = 4096 /* bytes */ };

static bool read_key(const char *line, size_t length, struct secret_key *key) {
    unsigned char digest[DIGEST_SIZE];
    if (length != HEX_LENGTH || strspn(line, "0123456789abcdefABCDEF") < length)
        return false;
    for (size_t i = 0; i < SECRET_KEY_SIZE; i++) {
        char digits[] = {line[2 * i], line[2 * i + 1], '\0'};
        key->bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    digest_sha256(key->bytes, sizeof key->bytes, digest);
    digest_hex(digest, SECRET_KEY_ID / 2, key->id);
    return true;
}

static bool read_lines(const char *path, const char *text, struct secret_keys *keys,
                       struct fault *fault) {
    for (int number = 1; *text != '\0'; number++) {
        size_t length = strcspn(text, "\r\n");
        if (length > 0 && (keys->count == LIMIT_SECRET_KEYS ||
                           !read_key(text, length, &keys->list[keys->count++])))
            return fault_set(fault, FAULT_UNAVAILABLE,
                             "%s:%d: expected a key of %d hexadecimal digits, and no more than %d "
                             "of them in the file",
                             path, number, HEX_LENGTH, LIMIT_SECRET_KEYS);
        text += length;
        text += strspn(text, "\r");
        text += *text == '\n';
    }
    return keys->count > 0 || fault_set(fault, FAULT_UNAVAILABLE, "%s has no key", path);
}

static bool read_file(const char *path, int file, struct secret_keys *keys, struct fault *fault) {
    struct stat status;
    char text[FILE_MAX + 2];
    if (fstat(file, &status) != 0)
        return fault_set(fault, FAULT_UNAVAILABLE, "%s: %s", path, strerror(errno));
    if ((status.st_mode & S_IRWXO) != 0)
        return fault_set(fault, FAULT_UNAVAILABLE,
                         "every user can read or write the keys in %s; run chmod o-rwx", path);
    ssize_t length = read(file, text, FILE_MAX + 1);
    if (length < 0)
        return fault_set(fault, FAULT_UNAVAILABLE, "%s: %s", path, strerror(errno));
    text[length] = '\0';
    bool ok = length <= FILE_MAX ? read_lines(path, text, keys, fault)
                                 : fault_set(fault, FAULT_UNAVAILABLE, "%s is too long", path);
    explicit_bzero(text, sizeof text);
    return ok;
}

bool secret_keys_read(const char *path, struct secret_keys *keys, struct fault *fault) {
    *keys = (struct secret_keys){0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fault_set(fault, FAULT_UNAVAILABLE, "cannot read the keys in %s: %s", path,
                         strerror(errno));
    bool ok = read_file(path, file, keys, fault);
    close(file);
    if (!ok)
        explicit_bzero(keys, sizeof *keys);
    return ok;
}

const struct secret_key *secret_keys_find(const struct secret_keys *keys, const char *id) {
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->list[i].id, id) == 0)
            return &keys->list[i];
    return NULL;
}

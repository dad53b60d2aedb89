/* Requests of administrators: who is calling, by HTTP Basic authentication. */
#include "host/admin_access.h"

#include <inttypes.h>
#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/counters.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/utf8.h"
#include "host/password.h"
#include "host/refusals.h"
#include "host/service.h"
#include "store/store_administrator.h"

#define CHECKS "passwords" /* as a subject of the counters */
#define REFUSED_TEXT "Client must be authenticated to access this resource."

enum {
    TOKEN_SECONDS = 600,
    TIME_DIGITS = 16,
    TOKEN_LENGTH = TIME_DIGITS + 2 * DIGEST_SIZE, /* a time and a signature, in hex */
};

struct credentials {
    const char *name, *password;
    const char *address; /* of the client; "" when the web server does not say */
};

/* Decodes "Basic " and base64 of "name:password". */
static bool read_credentials(struct exchange *exchange, struct credentials *credentials) {
    static const char scheme[] = "Basic ";
    const struct request *request = exchange->request;
    const char *header = request->authorization;
    if (header == NULL || strncasecmp(header, scheme, sizeof scheme - 1) != 0)
        return false;
    header += sizeof scheme - 1;
    header += strspn(header, " ");
    size_t length = strlen(header);
    char *text = arena_alloc(request->arena, BASE64_DECODE_LENGTH(length) + 1);
    struct base64_decode_ctx context;
    base64_decode_init(&context);
    if (!base64_decode_update(&context, &length, (uint8_t *)text, length, header) ||
        !base64_decode_final(&context) || strlen(text) != length ||
        utf8_valid_prefix(text, length) != length)
        return false;
    char *colon = strchr(text, ':');
    if (colon == NULL)
        return false;
    *colon = '\0';
    *credentials = (struct credentials){text, colon + 1, request->client_address};
    if (credentials->address == NULL)
        credentials->address = "";
    return true;
}

static void refuse(struct exchange *exchange, enum metrics_refusal kind, const char *reason) {
    response_error(exchange->response, 401, REFUSED_TEXT);
    refusals_note(exchange, kind, reason);
    response_header(exchange->response, "WWW-Authenticate",
                    "Basic realm=\"dynmod\", charset=\"UTF-8\"");
}

static void ask_to_wait(struct exchange *exchange, const struct credentials *credentials,
                        long seconds) {
    struct arena *arena = exchange->request->arena;
    exchange_answer_busy(exchange, "Too many passwords were refused. Please try again later.",
                         (unsigned)seconds);
    refusals_note(exchange, METRICS_REFUSAL_GUESSES,
                  arena_format(arena, "too many passwords were refused for %s or from %s",
                               credentials->name, credentials->address));
}

static bool is_loopback(const char *address) {
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static void digest_login(const struct credentials *credentials, const char *hash,
                         unsigned char digest[DIGEST_SIZE]) {
    struct buffer text;
    buffer_init(&text, LIMIT_MESSAGE);
    buffer_add(&text, credentials->name, strlen(credentials->name) + 1);
    buffer_add(&text, credentials->password, strlen(credentials->password));
    digest_hmac_sha256(hash, buffer_text(&text), text.length, digest);
    buffer_free(&text);
}

/* Checking a password takes a processor for long enough that all who try may do so only so often
 * together; not those who come from where they were accepted before. */
static long seconds_until_check(const struct exchange *exchange,
                                const struct store_administrator *known) {
    struct count checks = counters_get(exchange->config->counters_file, CHECKS);
    if (known->wait > 0 || known->known_address || checks.now < LIMIT_PASSWORD_CHECKS)
        return known->wait;
    return checks.seconds;
}

static bool match(const struct exchange *exchange, const struct credentials *credentials,
                  const struct store_administrator *known) {
    if (!known->known_address)
        counters_add(exchange->config->counters_file, CHECKS);
    return password_matches(credentials->password, known->password_hash);
}

/* Whether the password is right; the last one that was is not checked again. */
static bool check_password(const struct exchange *exchange, const struct credentials *credentials,
                           const struct store_administrator *known) {
    struct service *service = exchange->service;
    struct login_memory *memory = &service->logins;
    unsigned char digest[DIGEST_SIZE];
    if (known->password_hash == NULL)
        return match(exchange, credentials, known);
    digest_login(credentials, known->password_hash, digest);
    if (memory->filled && digest_equal(memory->digest, digest, DIGEST_SIZE))
        return true;
    if (!match(exchange, credentials, known))
        return false;
    memcpy(memory->digest, digest, DIGEST_SIZE);
    memory->filled = true;
    return true;
}

static bool check(struct exchange *exchange, const struct credentials *credentials,
                  const struct store_administrator *known, bool *admitted, struct fault *fault) {
    const struct service *service = exchange->service;
    *admitted = check_password(exchange, credentials, known) &&
                (!known->loopback_only || is_loopback(credentials->address));
    return (*admitted && known->known_address) ||
           store_record_login(service->database, exchange->site, credentials->name,
                              credentials->address, *admitted, fault);
}

static const struct admin *admit(struct exchange *exchange, const struct credentials *credentials,
                                 const struct store_administrator *known, struct fault *fault) {
    long wait = seconds_until_check(exchange, known);
    bool admitted;
    if (known->context_path == NULL || strcmp(exchange->context_path, known->context_path) != 0) {
        fault_set(fault, FAULT_NOT_FOUND, ROUTER_NOT_FOUND_TEXT);
        exchange_fail(exchange, fault);
    } else if (wait > 0) {
        ask_to_wait(exchange, credentials, wait);
    } else if (!check(exchange, credentials, known, &admitted, fault)) {
        exchange_fail(exchange, fault);
    } else if (!admitted) {
        refuse(exchange, METRICS_REFUSAL_PASSWORD,
               "the name or the password of an administrator is wrong, or may be used on "
               "loopback only");
    } else {
        struct admin *admin = arena_alloc(exchange->request->arena, sizeof *admin);
        exchange->caller.known = true;
        *admin = (struct admin){credentials->name, known->base_url, known->password_hash};
        return admin;
    }
    return NULL;
}

const void *admin_access(struct exchange *exchange) {
    const struct service *service = exchange->service;
    struct credentials credentials;
    struct store_administrator known;
    struct fault fault;
    if (!exchange->config->admin) {
        response_error(exchange->response, 404, ROUTER_NOT_FOUND_TEXT);
        return NULL;
    }
    if (!refusals_admit(exchange))
        return NULL;
    if (!read_credentials(exchange, &credentials)) {
        refuse(exchange, METRICS_REFUSAL_NO_TOKEN,
               "no name and password were sent in an Authorization header with the "
               "scheme Basic");
        return NULL;
    }
    exchange->caller.administrator = credentials.name;
    if (!store_find_administrator(service->database, exchange->request->arena, exchange->site,
                                  credentials.name, credentials.address, &known, &fault)) {
        exchange_fail(exchange, &fault);
        return NULL;
    }
    if (known.site != NULL)
        exchange->site = known.site;
    return admit(exchange, &credentials, &known, &fault);
}

/* Writes the signature of this administrator for an end of validity. */
static void sign(const struct admin *admin, const char *until, char hex[2 * DIGEST_SIZE + 1]) {
    unsigned char digest[DIGEST_SIZE];
    digest_hmac_sha256(admin->token_key, until, TIME_DIGITS, digest);
    digest_hex(digest, sizeof digest, hex);
}

const char *admin_access_token(struct arena *arena, const struct admin *admin) {
    char signature[2 * DIGEST_SIZE + 1];
    const char *until =
        arena_format(arena, "%0*" PRIx64, TIME_DIGITS, (uint64_t)(clock_now() + TOKEN_SECONDS));
    sign(admin, until, signature);
    return arena_format(arena, "%s%s", until, signature);
}

bool admin_access_check_token(const struct admin *admin, const char *token) {
    char signature[2 * DIGEST_SIZE + 1];
    if (strlen(token) != TOKEN_LENGTH)
        return false;
    sign(admin, token, signature);
    if (!digest_equal(token + TIME_DIGITS, signature, 2 * DIGEST_SIZE))
        return false;
    char until[TIME_DIGITS + 1] = "";
    memcpy(until, token, TIME_DIGITS);
    return strtoll(until, NULL, 16) >= clock_now();
}

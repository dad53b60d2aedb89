/* The HTTP client, against a server of one connection on 127.0.0.1. */
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/http_client.h"
#include "unit.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"

enum { PATIENCE = 5 }; /* seconds for TLS on a busy machine */

struct server {
    int listener;
    int port;
    const char *answer; /* NULL: waits until the client gives up; "": closes without an answer */
    SSL_CTX *tls;       /* NULL: plain HTTP */
    bool hangs_up;      /* resets the connection without reading */
    char request[8192];
    size_t length;
    pthread_t thread;
};

static bool is_whole(const struct server *server) {
    const char *end = strstr(server->request, "\r\n\r\n");
    const char *field = strstr(server->request, "Content-Length: ");
    size_t length = field == NULL ? 0 : strtoul(field + strlen("Content-Length: "), NULL, 10);
    return end != NULL &&
           server->length == (size_t)(end - server->request) + strlen("\r\n\r\n") + length;
}

/* Reads what the client sends, until there is a whole request or it closes. */
static void read_request(struct server *server, int connection, SSL *session) {
    int count = 1;
    while (count > 0 && (server->answer == NULL || !is_whole(server))) {
        char *to = server->request + server->length;
        size_t room = sizeof server->request - 1 - server->length;
        count =
            session != NULL ? SSL_read(session, to, (int)room) : (int)read(connection, to, room);
        server->length += count > 0 ? (size_t)count : 0;
    }
}

static void serve(struct server *server, int connection) {
    SSL *session = NULL;
    if (server->tls != NULL) {
        session = SSL_new(server->tls);
        SSL_set_fd(session, connection);
    }
    bool ready = session == NULL || SSL_accept(session) == 1;
    if (server->hangs_up) {
        const struct linger at_once = {.l_onoff = 1};
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    } else if (ready) {
        read_request(server, connection, session);
        size_t length = server->answer == NULL ? 0 : strlen(server->answer);
        /* the client may be gone already */
        if (length > 0 && session != NULL)
            SSL_write(session, server->answer, (int)length);
        else if (length > 0)
            send(connection, server->answer, length, MSG_NOSIGNAL);
    }
    SSL_free(session);
}

/* Serves one connection; gives up when none comes. */
static void *run(void *argument) {
    struct server *server = argument;
    sigset_t broken_pipe; /* a client that has gone is no reason to die, for the server */
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, NULL);
    struct pollfd waiting = {.fd = server->listener, .events = POLLIN};
    if (poll(&waiting, 1, 1000) == 1) {
        int connection = accept(server->listener, NULL, NULL);
        serve(server, connection);
        close(connection);
    }
    return NULL;
}

static void listen_on_loopback(struct server *server) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(server->listener, 1), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
    server->port = ntohs(address.sin_port);
}

static void start_server(struct server *server) {
    listen_on_loopback(server);
    assert_int_equal(pthread_create(&server->thread, NULL, run, server), 0);
}

static void stop_server(struct server *server) {
    pthread_join(server->thread, NULL);
    close(server->listener);
}

static const struct config development = {
    .allowed_app_urls = "public", .development = true, .app_timeout = 1, .app_ca_file = ""};

static struct http_call call_to(struct arena *arena, const char *scheme, const char *host,
                                const struct server *server) {
    return (struct http_call){
        .method = "GET",
        .url = arena_format(arena, "%s://%s:%d/addon/x?y=1", scheme, host, server->port),
        .answer_maximum = 1000,
    };
}

/* Calls a new server that gives this answer. */
static bool call_server(struct arena *arena, struct server *server, const char *answer_text,
                        struct http_answer *answer, struct fault *fault) {
    server->answer = answer_text;
    start_server(server);
    const struct http_call call = call_to(arena, "http", "127.0.0.1", server);
    bool ok = http_client_call(arena, &development, &call, answer, fault);
    stop_server(server);
    return ok;
}

static void answers_are_returned_as_they_are(void **state) {
    struct server server = {0};
    struct http_answer answer;
    struct fault fault = {0};
    if (!call_server(*state, &server, OK_HEAD "Content-Length: 5\r\n\r\nhello", &answer, &fault))
        fail_msg("%s", fault.text);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "hello");
    assert_int_equal(answer.length, 5);
    assert_null(answer.location);
    assert_in_range(answer.milliseconds, 0, 999);
}

static void an_answer_may_be_empty(void **state) {
    struct server server = {0};
    struct http_answer answer;
    struct fault fault;
    assert_true(call_server(*state, &server, "HTTP/1.1 204 No Content\r\n\r\n", &answer, &fault));
    assert_int_equal(answer.status, 204);
    assert_string_equal(answer.body, "");
    assert_int_equal(answer.length, 0);
}

static void requests_have_the_headers_of_the_call(void **state) {
    struct server server = {.answer = "HTTP/1.1 204 No Content\r\n\r\n"};
    struct http_answer answer;
    struct fault fault;
    start_server(&server);
    struct http_call call = call_to(*state, "http", "127.0.0.1", &server);
    call.method = "POST";
    call.authorization = "JWT a.b.c";
    call.body = unit_repeat(*state, "{'a':1}  ", 200); /* so long that curl would ask first */
    assert_true(http_client_call(*state, &development, &call, &answer, &fault));
    stop_server(&server);
    const char *const lines[] = {
        "POST /addon/x?y=1 HTTP/1.1\r\n",
        "Authorization: JWT a.b.c\r\n",
        "Content-Type: application/json\r\n",
        "Accept: application/json\r\n",
        "Content-Length: 1800\r\n",
        "User-Agent: dynmod/",
        call.body,
    };
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        assert_contains(server.request, lines[i]);
    assert_null(strstr(server.request, "Expect"));
}

static void requests_without_a_body_have_no_content_type(void **state) {
    struct server server = {0};
    struct http_answer answer;
    struct fault fault;
    assert_true(call_server(*state, &server, "HTTP/1.1 204 No Content\r\n\r\n", &answer, &fault));
    assert_contains(server.request, "GET /addon/x?y=1 HTTP/1.1\r\n");
    assert_null(strstr(server.request, "Content-"));
    assert_null(strstr(server.request, "Authorization"));
}

static void redirects_are_not_followed(void **state) {
    struct server server = {0};
    struct http_answer answer;
    struct fault fault;
    assert_true(call_server(*state, &server,
                            "HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n",
                            &answer, &fault));
    assert_int_equal(answer.status, 302);
    assert_string_equal(answer.location,
                        arena_format(*state, "http://127.0.0.1:%d/y", server.port));
}

/* The environment must not lead the call elsewhere: nothing listens on port 9 of 192.0.2.1. */
static void proxies_of_the_environment_are_ignored(void **state) {
    setenv("http_proxy", "http://192.0.2.1:9", 1);
    setenv("ALL_PROXY", "http://192.0.2.1:9", 1);
    struct server server = {0};
    struct http_answer answer;
    struct fault fault;
    bool ok = call_server(*state, &server, "HTTP/1.1 204 No Content\r\n\r\n", &answer, &fault);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    assert_true(ok);
    assert_int_equal(answer.status, 204);
}

/* Expects the call of a server with this answer to fail. */
static void assert_unavailable(struct arena *arena, const char *answer_text, const char *part) {
    struct server server = {0};
    struct http_answer answer;
    struct fault fault;
    assert_false(call_server(arena, &server, answer_text, &answer, &fault));
    assert_int_equal(fault.kind, FAULT_UNAVAILABLE);
    assert_int_equal(answer.status, 0);
    assert_contains(fault.text, part);
    assert_contains(fault.text, arena_format(arena, "http://127.0.0.1:%d", server.port));
    assert_null(strstr(fault.text, "y=1"));
}

static void broken_answers_are_explained(void **state) {
    assert_unavailable(*state, "", "closed the connection");
    assert_unavailable(*state, OK_HEAD "Content-Length: 50\r\n\r\nhello", "closed the connection");
    assert_unavailable(*state, "220 mail.example.com ESMTP\r\n", "cannot be called: ");
}

static void large_answers_are_cut_off(void **state) {
    assert_unavailable(*state,
                       arena_format(*state, OK_HEAD "\r\n%s", unit_repeat(*state, "x", 1001)),
                       "more than 1000 bytes");
    struct server server = {0};
    struct http_answer answer;
    struct fault fault;
    assert_true(call_server(*state, &server,
                            arena_format(*state, OK_HEAD "\r\n%s", unit_repeat(*state, "x", 1000)),
                            &answer, &fault));
    assert_int_equal(answer.length, 1000);
}

/* libcurl itself keeps any number of trailers, for a program that might ask for them. */
static void headers_and_trailers_are_limited(void **state) {
    static const char head[] = "HTTP/1.1 200 OK\r\n",
                      chunk[] = "Transfer-Encoding: chunked\r\n\r\n0\r\n";
    const char *lines = unit_repeat(*state, "Set-Cookie: a=b\r\n", 4000);
    const char *interim = unit_repeat(*state, "HTTP/1.1 103 Early Hints\r\n\r\n", 2500);
    assert_unavailable(*state, arena_format(*state, "%s%s\r\n", head, lines),
                       "more than 65536 bytes of headers");
    assert_unavailable(*state, arena_format(*state, "%s%s%s\r\n", head, chunk, lines),
                       "more than 65536 bytes of headers");
    assert_unavailable(*state, arena_format(*state, "%s%s\r\n", interim, head),
                       "more than 65536 bytes of headers");
}

static void what_an_app_says_is_printable(void **state) {
    struct server server = {0};
    struct http_answer answer;
    struct fault fault;
    assert_true(call_server(*state, &server,
                            "HTTP/1.1 302 Found\r\nLocation: http://a/\x1b]0;b\x07\xff\r\n"
                            "Content-Length: 0\r\n\r\n",
                            &answer, &fault));
    assert_string_equal(answer.location, "http://a/\\x1b]0;b\\x07\\xff");
}

static void silent_servers_are_given_up(void **state) {
    struct server server = {0};
    struct http_answer answer;
    struct fault fault;
    assert_false(call_server(*state, &server, NULL, &answer, &fault));
    assert_int_equal(fault.kind, FAULT_UNAVAILABLE);
    assert_contains(fault.text, "no complete answer within 1 s");
    assert_in_range(answer.milliseconds, 900, 3000);
}

static void hosts_that_cannot_be_reached_are_explained(void **state) {
    struct server server = {0};
    struct http_answer answer;
    struct fault fault;
    listen_on_loopback(&server);
    struct http_call call = call_to(*state, "http", "127.0.0.1", &server);
    close(server.listener);
    assert_false(http_client_call(*state, &development, &call, &answer, &fault));
    assert_int_equal(fault.kind, FAULT_UNAVAILABLE);
    assert_contains(fault.text, "Connection refused");
    call.url = "http://dynmod-test.invalid/x"; /* RFC 6761, 6.4 */
    assert_false(http_client_call(*state, &development, &call, &answer, &fault));
    assert_int_equal(fault.kind, FAULT_UNAVAILABLE);
    assert_contains(fault.text, "http://dynmod-test.invalid ");
    assert_int_equal(answer.status, 0);
}

static void addresses_are_checked_before_connecting(void **state) {
    static const char *const urls[] = {"https://127.0.0.1:1/x", "https://localhost:1/x",
                                       "https://[::1]:1/x", "https://10.0.0.1/x",
                                       "https://2130706433:1/x"};
    const struct config config = {
        .allowed_app_urls = "public", .app_timeout = 1, .app_ca_file = ""};
    for (size_t i = 0; i < ARRAY_LENGTH(urls); i++) {
        const struct http_call call = {.method = "GET", .url = urls[i], .answer_maximum = 10};
        struct http_answer answer;
        struct fault fault;
        assert_false(http_client_call(*state, &config, &call, &answer, &fault));
        assert_int_equal(fault.kind, FAULT_REFUSED);
        assert_contains(fault.text, " resolves to ");
        assert_contains(fault.text, "allowed_app_urls");
    }
}

static void urls_are_checked_before_anything_else(void **state) {
    const struct config config = {
        .allowed_app_urls = "public", .app_timeout = 1, .app_ca_file = ""};
    struct http_call call = {.method = "GET", .url = "http://a.example.com/", .answer_maximum = 1};
    struct http_answer answer;
    struct fault fault;
    assert_false(http_client_call(*state, &config, &call, &answer, &fault));
    assert_int_equal(fault.kind, FAULT_REFUSED);
    call.url = "file:///etc/passwd";
    assert_false(http_client_call(*state, &config, &call, &answer, &fault));
    assert_int_equal(fault.kind, FAULT_INPUT);
}

static void named_urls_are_called_at_any_address(void **state) {
    struct server server = {.answer = "HTTP/1.1 204 No Content\r\n\r\n"};
    struct http_answer answer;
    struct fault fault;
    start_server(&server);
    const struct http_call call = call_to(*state, "http", "localhost", &server);
    struct config config = development;
    config.development = false;
    config.allowed_app_urls = arena_format(*state, "http://localhost:%d/addon", server.port);
    assert_true(http_client_call(*state, &config, &call, &answer, &fault));
    stop_server(&server);
    assert_int_equal(answer.status, 204);
}

/* A certificate for the address 127.0.0.1 that signs itself. */
static X509 *new_certificate(EVP_PKEY *key) {
    X509 *certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"dynmod test", -1,
                               -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

/* A server context with such a certificate, which is also written to the file `path`. */
static SSL_CTX *new_tls(const char *path) {
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509 *certificate = new_certificate(key);
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(tls, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(tls, key), 1);
    FILE *file = fopen(path, "w");
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return tls;
}

/* Calls a new TLS server, trusting the authorities in `ca_file`. */
static bool call_tls(struct arena *arena, SSL_CTX *tls, const char *ca_file, const char *host,
                     struct fault *fault) {
    struct server server = {.answer = "HTTP/1.1 204 No Content\r\n\r\n", .tls = tls};
    struct http_answer answer;
    struct config config = development;
    config.app_timeout = PATIENCE;
    config.app_ca_file = ca_file;
    start_server(&server);
    const struct http_call call = call_to(arena, "https", host, &server);
    bool ok = http_client_call(arena, &config, &call, &answer, fault);
    stop_server(&server);
    assert_int_equal(answer.status, ok ? 204 : 0);
    return ok;
}

static void certificates_are_verified(void **state) {
    const char *path = unit_file(*state);
    struct fault fault = {0};
    SSL_CTX *tls = new_tls(path);
    if (!call_tls(*state, tls, path, "127.0.0.1", &fault))
        fail_msg("%s", fault.text);
    assert_false(call_tls(*state, tls, "", "127.0.0.1", &fault));
    assert_int_equal(fault.kind, FAULT_UNAVAILABLE);
    assert_contains(fault.text, "certificate that is not accepted: ");
    assert_false(call_tls(*state, tls, path, "localhost", &fault));
    assert_int_equal(fault.kind, FAULT_UNAVAILABLE);
    assert_contains(fault.text, "certificate that is not accepted: ");
    assert_false(call_tls(*state, tls, "/nonexistent/ca.pem", "127.0.0.1", &fault));
    assert_contains(fault.text, "app_ca_file /nonexistent/ca.pem cannot be read");
    SSL_CTX_free(tls);
}

static void a_connection_that_breaks_is_explained(void **state) {
    const char *path = unit_file(*state);
    struct server server = {.hangs_up = true, .tls = new_tls(path)};
    struct http_answer answer;
    struct fault fault;
    struct config config = development;
    config.app_timeout = PATIENCE;
    config.app_ca_file = path;
    start_server(&server);
    struct http_call call = call_to(*state, "https", "127.0.0.1", &server);
    call.method = "POST";
    call.body = unit_repeat(*state, "x", 8 << 20);
    assert_false(http_client_call(*state, &config, &call, &answer, &fault));
    stop_server(&server);
    assert_int_equal(fault.kind, FAULT_UNAVAILABLE);
    assert_contains(fault.text, "closed the connection");
    SSL_CTX_free(server.tls);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(answers_are_returned_as_they_are),
        UNIT_TEST(an_answer_may_be_empty),
        UNIT_TEST(requests_have_the_headers_of_the_call),
        UNIT_TEST(requests_without_a_body_have_no_content_type),
        UNIT_TEST(redirects_are_not_followed),
        UNIT_TEST(proxies_of_the_environment_are_ignored),
        UNIT_TEST(broken_answers_are_explained),
        UNIT_TEST(large_answers_are_cut_off),
        UNIT_TEST(headers_and_trailers_are_limited),
        UNIT_TEST(what_an_app_says_is_printable),
        UNIT_TEST(silent_servers_are_given_up),
        UNIT_TEST(hosts_that_cannot_be_reached_are_explained),
        UNIT_TEST(addresses_are_checked_before_connecting),
        UNIT_TEST(urls_are_checked_before_anything_else),
        UNIT_TEST(named_urls_are_called_at_any_address),
        UNIT_TEST(certificates_are_verified),
        UNIT_TEST(a_connection_that_breaks_is_explained),
    };
    return UNIT_RUN(tests);
}

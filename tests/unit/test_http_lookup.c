/* How the HTTP client looks up host names: at which of their addresses it calls, and for how long
 * it waits. The name server is made up: libcurl asks the getaddrinfo() below. */
#include <arpa/inet.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/http_client.h"
#include "unit.h"

enum { ADDRESSES_MAX = 4 };

static struct {
    const char *addresses[ADDRESSES_MAX]; /* of any name; NULL after the last */
    unsigned seconds;                     /* that an answer takes */
    int count;                            /* look-ups so far */
    sem_t done;                           /* counts the look-ups that have ended */
} names;

static struct addrinfo *new_address(const char *text, const char *port, struct addrinfo *next) {
    struct addrinfo *entry = calloc(1, sizeof *entry + sizeof(struct sockaddr_in6));
    struct sockaddr_in *ipv4 = (void *)(entry + 1);
    struct sockaddr_in6 *ipv6 = (void *)(entry + 1);
    bool is_ipv6 = strchr(text, ':') != NULL;
    entry->ai_family = is_ipv6 ? AF_INET6 : AF_INET;
    entry->ai_socktype = SOCK_STREAM;
    entry->ai_addr = (void *)(entry + 1);
    entry->ai_addrlen = is_ipv6 ? sizeof *ipv6 : sizeof *ipv4;
    entry->ai_addr->sa_family = (sa_family_t)entry->ai_family;
    if (is_ipv6)
        ipv6->sin6_port = htons((uint16_t)strtol(port, NULL, 10));
    else
        ipv4->sin_port = htons((uint16_t)strtol(port, NULL, 10));
    assert_int_equal(inet_pton(entry->ai_family, text,
                               is_ipv6 ? (void *)&ipv6->sin6_addr : (void *)&ipv4->sin_addr),
                     1);
    entry->ai_next = next;
    return entry;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **list) {
    (void)name, (void)hints;
    names.count++;
    sleep(names.seconds);
    *list = NULL;
    for (int i = ADDRESSES_MAX; i-- > 0;)
        if (names.addresses[i] != NULL)
            *list = new_address(names.addresses[i], service, *list);
    sem_post(&names.done);
    return *list == NULL ? EAI_NONAME : 0;
}

void freeaddrinfo(struct addrinfo *list) {
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

/* A port of 127.0.0.1 at which something listens that never answers. */
static int listen_silently(int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 5), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return listener;
}

/* Calls a name that has these addresses, which must fail. */
static void call(struct arena *arena, const struct config *config, const char *url,
                 const char *first, const char *second, struct fault *fault) {
    const struct http_call sent = {.method = "GET", .url = url, .answer_maximum = 10};
    struct http_answer answer;
    names.addresses[0] = first;
    names.addresses[1] = second;
    names.count = 0;
    assert_false(http_client_call(arena, config, &sent, &answer, fault));
    assert_int_equal(names.count, 1);
    assert_int_equal(sem_wait(&names.done), 0);
}

static const struct config public_only = {
    .allowed_app_urls = "public", .app_timeout = 1, .app_ca_file = ""};
static const struct config development = {
    .allowed_app_urls = "public", .development = true, .app_timeout = 1, .app_ca_file = ""};

static void names_do_not_lead_to_private_addresses(void **state) {
    static const char *const addresses[] = {
        "127.0.0.1",
        "127.8.9.10",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "2002:7f00:1::",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(addresses); i++) {
        struct fault fault;
        call(*state, &public_only, "https://apps.example/x", addresses[i], NULL, &fault);
        assert_int_equal(fault.kind, FAULT_REFUSED);
        assert_contains(fault.text, "https://apps.example resolves to ");
        call(*state, &public_only, "https://apps.example/x", addresses[i], "10.0.0.1", &fault);
        assert_int_equal(fault.kind, FAULT_REFUSED);
    }
}

/* What is checked is what is connected to: there is no second look-up in between. */
static void a_name_may_change_its_address(void **state) {
    struct fault fault;
    int port;
    int listener = listen_silently(&port);
    const char *url = arena_format(*state, "http://apps.example:%d/x", port);
    call(*state, &development, url, "127.0.0.1", NULL, &fault);
    assert_contains(fault.text, "gave no complete answer within 1 s");
    call(*state, &development, url, "192.168.0.1", NULL, &fault);
    assert_int_equal(fault.kind, FAULT_REFUSED);
    assert_contains(fault.text, " resolves to 192.168.0.1, ");
    call(*state, &development, url, "192.168.0.1", "127.0.0.1", &fault);
    assert_contains(fault.text, "gave no complete answer within 1 s");
    close(listener);
}

static void slow_name_servers_are_given_up(void **state) {
    struct fault fault;
    int64_t began = clock_milliseconds();
    const struct http_call sent = {
        .method = "GET", .url = "https://apps.example/x", .answer_maximum = 10};
    struct http_answer answer;
    names.seconds = 4;
    assert_false(http_client_call(*state, &public_only, &sent, &answer, &fault));
    assert_in_range(clock_milliseconds() - began, 900, 3000);
    assert_contains(fault.text, "https://apps.example did not accept a connection within 1 s");
    assert_int_equal(sem_wait(&names.done), 0); /* before the process ends */
    names.seconds = 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(names_do_not_lead_to_private_addresses),
        UNIT_TEST(a_name_may_change_its_address),
        UNIT_TEST(slow_name_servers_are_given_up),
    };
    sem_init(&names.done, 0, 0);
    return UNIT_RUN(tests);
}

/* Fuzzes whole requests to the public program, from the parameters of the web server to the bytes
 * of the response; web.h says how they are written. */
#include "api/routes.h"
#include "base/limits.h"
#include "fuzz.h"
#include "http/router.h"
#include "web.h"

struct peer {
    struct web_input input;
    struct buffer response;
};

static size_t read_bytes(void *context, char *bytes, size_t size, bool *failed) {
    struct web_input *input = &((struct peer *)context)->input;
    size_t count = size < input->body_length ? size : input->body_length;
    (void)failed;
    memcpy(bytes, input->body, count);
    input->body += count;
    input->body_length -= count;
    return count;
}

static bool write_bytes(void *context, const char *head, size_t head_length, const char *body,
                        size_t body_length) {
    struct peer *peer = context;
    buffer_add(&peer->response, head, head_length);
    buffer_add(&peer->response, body, body_length);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct config config = {.database = "",
                                         .secrets_key = "",
                                         .counters_file = "/dev/null", /* in the process only */
                                         .max_body_bytes = 1 << 20,
                                         .retry_after = 1,
                                         .auth_hints = true};
    struct arena *arena = arena_new();
    struct peer peer;
    struct request request;
    struct response response;
    web_read(arena, data, size, &peer.input);
    buffer_init(&peer.response, LIMIT_RESPONSE + LIMIT_HEAD);
    const struct transport transport = {.parameters = peer.input.parameters,
                                        .read = read_bytes,
                                        .write = write_bytes,
                                        .context = &peer,
                                        .body_ends = true};
    response_init(&response, arena);
    request_read(&request, arena, &transport, (size_t)config.max_body_bytes);
    response.accept = request.accept;
    struct exchange exchange = {.config = &config,
                                .request = &request,
                                .response = &response,
                                .service = web_service(&config, "fuzz", true)};
    router_answer(api_routes, &exchange);
    response_end(&response);
    require(response_write(&response, strcmp(request.method, "HEAD") == 0, &transport));
    web_check_response(arena, &peer.input, buffer_text(&peer.response), peer.response.length);
    response_free(&response);
    buffer_free(&peer.response);
    arena_free(arena);
    return 0;
}

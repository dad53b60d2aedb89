/* Fuzzes requests to the admin program, without a database: the first line is the method, the
 * second the target, the third the Authorization header, the rest the body. Each is answered twice:
 * as it is, and as if its caller had been admitted. */
#include "admin/routes.h"
#include "base/app.h"
#include "base/log.h"
#include "fuzz.h"
#include "host/admin_access.h"
#include "host/app_access.h"
#include "host/service.h"

enum { ROUTES_MAX = 32, METHODS_MAX = 8 };

static const struct admin admin = {"admin", "http://localhost", "key"};
static const struct app app = {.key = "app", .context_path = "", .state = "enabled"};

static const void *admit_admin(struct exchange *exchange) {
    (void)exchange;
    return &admin;
}

static const void *admit_app(struct exchange *exchange) {
    (void)exchange;
    return &app;
}

static const void *admit_key(struct exchange *exchange) {
    (void)exchange;
    return app.key;
}

static route_admit *admitting(route_admit *admit) {
    if (admit == admin_access)
        return admit_admin;
    if (admit == app_access)
        return admit_app;
    return admit == NULL ? NULL : admit_key;
}

/* The routes, with everyone admitted. */
static const struct route *open_routes(void) {
    static struct route_method methods[ROUTES_MAX][METHODS_MAX];
    static struct route routes[ROUTES_MAX + 1];
    for (size_t i = 0; admin_routes[i].path != NULL && routes[i].path == NULL; i++) {
        require(i < ROUTES_MAX);
        for (size_t j = 0; admin_routes[i].methods[j].name != NULL; j++) {
            require(j + 1 < METHODS_MAX);
            methods[i][j] = admin_routes[i].methods[j];
            methods[i][j].admit = admitting(methods[i][j].admit);
        }
        routes[i] = (struct route){admin_routes[i].path, methods[i]};
    }
    return routes;
}

static void drop_line(void *context, const char *line, size_t length) {
    (void)context;
    (void)line;
    (void)length;
}

static void answer(const struct route *routes, struct request *request) {
    static const struct config config = {.database = "host=/nonexistent",
                                         .admin_database = "host=/nonexistent",
                                         .counters_file = "/dev/null", /* in the process only */
                                         .secrets_key = "",
                                         .database_timeout = 1,
                                         .max_body_bytes = 1 << 20,
                                         .admin = true,
                                         .retry_after = 1};
    static struct service *service;
    struct response response;
    if (service == NULL)
        service = service_new_host(&config, "fuzz", true);
    response_init(&response, request->arena);
    struct exchange exchange = {
        .config = &config, .request = request, .response = &response, .service = service};
    router_answer(routes, &exchange);
    /* without a database no request is carried out; 500 would be a fault of the program */
    require(response.status == 503 || (response.status >= 400 && response.status < 500) ||
            response.status == 204 || response.status == 200);
    require(!response.headers.overflow && exchange.order == NULL);
    response_free(&response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    char *rest = arena_copy(arena, data, size);
    struct request request = {.arena = arena, .site = "default", .client_address = "127.0.0.1"};
    log_to(drop_line, NULL);
    request.method = strsep(&rest, "\n");
    request.target = rest == NULL ? "" : strsep(&rest, "\n");
    request.authorization = rest == NULL ? NULL : strsep(&rest, "\n");
    request.body = rest == NULL ? "" : rest;
    request.body_length = strlen(request.body);
    answer(admin_routes, &request);
    answer(open_routes(), &request);
    arena_free(arena);
    return 0;
}

/* dynmod.fcgi: the public web program, for FastCGI and for CGI. */
#include "api/routes.h"
#include "gateway/program.h"
#include "host/service.h"

int main(int argc, char **argv) {
    const struct program program = {
        .name = "dynmod.fcgi",
        .purpose = "The web program of dynmod; a web server runs it through FastCGI or CGI.",
        .routes = api_routes,
        .start = service_new,
        .stop = service_free,
    };
    return program_run(&program, argc, argv);
}

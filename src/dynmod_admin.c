/* dynmod-admin.fcgi: the web program that installs apps, for FastCGI and for CGI. */
#include "admin/routes.h"
#include "admin/work.h"
#include "gateway/program.h"
#include "host/service.h"

int main(int argc, char **argv) {
    const struct program program = {
        .name = "dynmod-admin.fcgi",
        .purpose = "The admin program of dynmod; a web server runs it through FastCGI or CGI.",
        .routes = admin_routes,
        .start = service_new_host,
        .stop = service_free,
        .work = work_do,
    };
    return program_run(&program, argc, argv);
}

/* The commands of the tool: one table that parsing, help and tests use. */
#include "ctl/commands.h"

#include "ctl/handlers.h"

enum { ANY_NUMBER = 100000 };

#define SITE OPTION_BIT(OPTION_SITE)
#define APP OPTION_BIT(OPTION_APP)
#define BASE_URL OPTION_BIT(OPTION_BASE_URL)
#define CLIENT_KEY OPTION_BIT(OPTION_CLIENT_KEY)
#define LIMITS                                                                                     \
    (OPTION_BIT(OPTION_MODULE_LIMIT) | OPTION_BIT(OPTION_BYTE_LIMIT) |                             \
     OPTION_BIT(OPTION_MODULE_BYTE_LIMIT) | OPTION_BIT(OPTION_HISTORY_BYTE_LIMIT))
#define ON_CLASH OPTION_BIT(OPTION_ON_CLASH)
#define SECRET (OPTION_BIT(OPTION_SECRET) | OPTION_BIT(OPTION_SECRET_FILE))
#define SHOW_SECRET OPTION_BIT(OPTION_SHOW_SECRET)
#define OVERLAP OPTION_BIT(OPTION_OVERLAP)
#define CALLBACK OPTION_BIT(OPTION_CALLBACK)
#define QUIET_APP OPTION_BIT(OPTION_QUIET_APP)
#define PASSWORD_FILE OPTION_BIT(OPTION_PASSWORD_FILE)
#define LOOPBACK_ONLY OPTION_BIT(OPTION_LOOPBACK_ONLY)
#define KEEP OPTION_BIT(OPTION_KEEP)
#define ALL OPTION_BIT(OPTION_ALL)
#define LIFETIME OPTION_BIT(OPTION_LIFETIME)
#define STRICT OPTION_BIT(OPTION_STRICT)
#define TYPES OPTION_BIT(OPTION_TYPES)
#define DRY_RUN OPTION_BIT(OPTION_DRY_RUN)
#define AT OPTION_BIT(OPTION_AT)
#define EVENT OPTION_BIT(OPTION_EVENT)
#define SETUP                                                                                      \
    (OPTION_BIT(OPTION_DATABASE) | OPTION_BIT(OPTION_WEB_USER) | OPTION_BIT(OPTION_OPERATOR) |     \
     OPTION_BIT(OPTION_SQL) | DRY_RUN)
#define MOVING (OPTION_BIT(OPTION_WITHOUT_SECRETS) | OPTION_BIT(OPTION_WITH_HISTORY))
#define YES OPTION_BIT(OPTION_YES)
#define SELECTION                                                                                  \
    (OPTION_BIT(OPTION_KEY) | OPTION_BIT(OPTION_ACTOR) | OPTION_BIT(OPTION_SINCE) |                \
     OPTION_BIT(OPTION_UNTIL) | OPTION_BIT(OPTION_LIMIT) | OPTION_BIT(OPTION_FOLLOW))

const struct command commands[] = {
    {"setup", "", 0, 0, 0, SITE | BASE_URL | SETUP, true,
     "make the roles and the database, or bring them up to date", run_setup},
    {"site add", "NAME", 1, 1, BASE_URL, CLIENT_KEY | LIMITS, false,
     "add a site, a tenant with apps of its own", run_site_add},
    {"site list", "", 0, 0, 0, 0, false, "list the sites", run_site_list},
    {"site set", "NAME", 1, 1, 0, BASE_URL | LIMITS | ON_CLASH, false, "change a site",
     run_site_set},
    {"site rotate-key", "NAME", 1, 1, 0, 0, false,
     "sign the calls of a site with another key from now on", run_site_rotate_key},
    {"site remove", "NAME", 1, 1, 0, YES, false, "remove a site with all its apps",
     run_site_remove},
    {"site export", "NAME [FILE]", 1, 2, 0, MOVING, false,
     "write a site with its apps as lines of JSON, with their secrets", run_site_export},
    {"site import", "[FILE]", 0, 1, 0, SITE | OPTION_BIT(OPTION_DRY_RUN), false,
     "bring in an exported site, under its own name unless another is given", run_site_import},
    {"app install", "URL|FILE|-", 1, 1, 0, SITE | SECRET | CALLBACK, false,
     "install or upgrade an app from its descriptor", run_app_install},
    {"app list", "", 0, 0, 0, SITE, false, "list the apps of a site", run_app_list},
    {"app show", "KEY", 1, 1, 0, SITE | SHOW_SECRET, false, "show one app", run_app_show},
    {"app enable", "KEY", 1, 1, 0, SITE | QUIET_APP, false,
     "accept the requests of a disabled app again", run_app_enable},
    {"app disable", "KEY", 1, 1, 0, SITE | QUIET_APP, false, "refuse the requests of an app",
     run_app_disable},
    {"app uninstall", "KEY", 1, 1, 0, SITE | QUIET_APP, false,
     "uninstall an app, keeping its dynamic modules for its return", run_app_uninstall},
    {"app rotate-secret", "KEY", 1, 1, 0, SITE | SECRET | OVERLAP | QUIET_APP, false,
     "give an app a new shared secret", run_app_rotate_secret},
    {"app remove", "KEY", 1, 1, 0, SITE | YES, false, "remove an app with all its modules",
     run_app_remove},
    {"callbacks list", "", 0, 0, 0, SITE, false, "list the calls that apps are still to get",
     run_callbacks_list},
    {"callbacks retry", "", 0, 0, 0, SITE, false,
     "make the calls that are due, of all sites unless one is named", run_callbacks_retry},
    {"history prune", "", 0, 0, KEEP, SITE, false,
     "delete old history, of all sites unless one is named", run_history_prune},
    {"history", "", 0, 0, 0, APP | SITE | SELECTION, false,
     "show what happened, newest first, on all sites unless one is named", run_history},
    {"secrets encrypt", "", 0, 0, 0, SITE, false,
     "encrypt the secrets that are plain, of all sites unless one is named", run_secrets_encrypt},
    {"secrets rekey", "", 0, 0, 0, SITE, false,
     "encrypt the secrets with the first key of secrets_key", run_secrets_rekey},
    {"secrets decrypt", "", 0, 0, 0, SITE, false, "make the secrets plain again",
     run_secrets_decrypt},
    {"admin add", "NAME", 1, 1, 0, PASSWORD_FILE | LOOPBACK_ONLY, false,
     "add an administrator or change the password of one", run_admin_add},
    {"admin list", "", 0, 0, 0, 0, false, "list who may install apps over HTTP", run_admin_list},
    {"admin remove", "NAME", 1, 1, 0, 0, false, "remove an administrator", run_admin_remove},
    {"module list", "", 0, 0, 0, APP | SITE | AT, false,
     "list the modules of an app, or of all apps", run_module_list},
    {"module register", "FILE|-", 1, 1, APP, SITE | DRY_RUN, false,
     "register dynamic modules for an app", run_module_register},
    {"module replace", "FILE|-", 1, 1, APP, SITE | DRY_RUN, false,
     "give an app exactly these dynamic modules", run_module_replace},
    {"module restore", "", 0, 0, APP, SITE | AT | EVENT | DRY_RUN, false,
     "bring the dynamic modules of an app back to an earlier moment", run_module_restore},
    {"module remove", "[KEY...]", 0, ANY_NUMBER, APP, SITE | ALL | DRY_RUN, false,
     "remove dynamic modules of an app", run_module_remove},
    {"type list", "", 0, 0, 0, 0, false, "list the module types", run_type_list},
    {"type show", "NAME", 1, 1, 0, 0, false, "show a module type with its schema", run_type_show},
    {"type allow", "NAME", 1, 1, 0, 0, false, "allow apps to register modules of a type",
     run_type_allow},
    {"type deny", "NAME", 1, 1, 0, 0, false, "stop apps from registering modules of a type",
     run_type_deny},
    {"type add", "FILE|-", 1, 1, 0, 0, false, "add or change a module type of your own",
     run_type_add},
    {"type remove", "NAME", 1, 1, 0, YES, false, "remove a module type of your own",
     run_type_remove},
    {"validate", "FILE|-", 1, 1, 0, STRICT | TYPES, true,
     "check modules or a descriptor without a database", run_validate},
    {"sign", "METHOD URL", 2, 2, APP, SITE | LIFETIME, false,
     "print the Authorization header value for a request of an app", run_sign},
    {"doctor", "[WEB-SERVER-FILE...]", 0, ANY_NUMBER, 0,
     OPTION_BIT(OPTION_AS) | OPTION_BIT(OPTION_URL), true,
     "check configuration, database, stored modules and web server files", run_doctor},
    {"help", "[COMMAND]", 0, 2, 0, 0, true, "print help, for one command if it is named", run_help},
    {.name = NULL},
};

/* All limits of dynmod that are not configuration options, in one place. */
#ifndef DYNMOD_BASE_LIMITS_H
#define DYNMOD_BASE_LIMITS_H

/* Keeps the reasons in one column. */
/* clang-format off */
enum {
    /* files, log and answers */
    LIMIT_CONFIG_FILE = 64 * 1024,       /* bytes of a configuration file */
    LIMIT_INPUT_FILE = 16 * 1024 * 1024, /* bytes of a file that dynmodctl reads */
    LIMIT_FAULT_TEXT = 1024,             /* bytes of a fault's explanation */
    LIMIT_LOG_LINE = 4000,               /* bytes of text in a log line; Apache keeps 8 KiB */
    LIMIT_LOG_VALUE = 400,               /* bytes of a value in a log line in JSON */
    LIMIT_LOG_PATH = 300,                /* bytes of the path of a request in the log */
    LIMIT_LOG_ITEMS = 20,                /* keys of modules in one log line */
    LIMIT_LOG_PROBLEMS = 3,              /* problems of a request in one log line */
    LIMIT_REQUEST_ID = 64,               /* bytes of the id of a request */
    LIMIT_MESSAGE = 256 * 1024,          /* bytes of the message of an error answer */
    LIMIT_LOG_REFUSALS = 60,             /* refusals of one address that are logged in a minute */
    LIMIT_LOG_CANONICAL = 1024,          /* bytes of a canonical request in the log */
    LIMIT_JTI = 255,                     /* bytes of the id of a token that is accepted once */
    LIMIT_ECHO = 200,                    /* bytes of input repeated in a message */
    LIMIT_HEAD = 16 * 1024,              /* bytes of the headers of a response */
    LIMIT_RESPONSE = 256 * 1024 * 1024,  /* bytes of the body of a response */

    /* memory of a web program (RLIMIT_AS), far above what it needs */
    LIMIT_MEMORY_BASE = 128 * 1024 * 1024, /* bytes besides the following; it starts with 18 MiB */
    LIMIT_MEMORY_RESPONSE = 4,             /* bytes for each byte of the largest response */
    LIMIT_MEMORY_BODY = 64,                /* bytes for each byte of the largest request body */

    /* requests */
    LIMIT_TARGET = 16 * 1024,            /* bytes of a request target; servers stop near 8 KiB */
    LIMIT_HOST = 254,                    /* characters of a host name, with a dot at its end */
    LIMIT_QUERY_PARAMETERS = 2048,       /* parameters in one query */
    LIMIT_ROUTE_PARAMETERS = 2,          /* parameters in the path of a route */
    LIMIT_TOKEN = 8 * 1024,              /* bytes of a JWT */
    LIMIT_DRAIN = 64 * 1024 * 1024,      /* bytes of an oversized body that are read and dropped */
    LIMIT_JSON_DEPTH = 32,               /* nested arrays and objects */
    LIMIT_JSON_NUMBER = 100,             /* characters of one JSON number, also in full */
    LIMIT_JSON_VALUES = 60 * 1000,       /* values in one JSON text; json-c takes up to 110 bytes */
    LIMIT_JSON_CONTAINERS = 20 * 1000,   /* arrays and objects among them; up to 800 bytes each */
    LIMIT_KNOWN_APPS = 16,               /* apps that a process keeps */
    LIMIT_KNOWN_DOCUMENT = 64 * 1024,    /* bytes of the answer to GET that it keeps of one */
    LIMIT_STORED_DEPTH = 1000,           /* nested arrays and objects in JSON from the database */

    /* the history that apps read */
    LIMIT_HISTORY_ANSWER = 1000,         /* events in one answer */
    LIMIT_HISTORY_PAGE = 4 * 1024 * 1024, /* bytes of them, unless the first has more */

    /* the database */
    LIMIT_SETUP_SECONDS = 600,           /* seconds that a statement of setup may take */
    LIMIT_CANCEL_SECONDS = 2,            /* seconds that a statement may take to be cancelled */

    /* calls to apps */
    LIMIT_DESCRIPTOR = 1024 * 1024,      /* bytes of a descriptor that is downloaded */
    LIMIT_CALL_ANSWER = 64 * 1024,       /* bytes of an app's answer to a call */
    LIMIT_CALL_HEAD = 64 * 1024,         /* bytes of the headers of an answer of an app */
    LIMIT_URL = 2000,                    /* bytes of the URL of a descriptor to be installed */
    LIMIT_CALL_MARGIN = 15,              /* seconds that a call may take besides app_timeout */
    LIMIT_PASSWORD_MINIMUM = 12,         /* bytes of an administrator's password */
    LIMIT_BUSY_SECONDS = 30,             /* seconds that an installation waits for another */

    /* apps and modules */
    LIMIT_APP_KEY = 64,                  /* characters of an app key */
    LIMIT_SECRET_KEYS = 16,              /* keys that seal secrets, the present and former ones */
    LIMIT_SECRET_MINIMUM = 32,           /* bytes of the shortest shared secret (RFC 7518, 3.2) */
    LIMIT_MODULE_KEY = 100,              /* characters of a module key */
    LIMIT_PROPERTY_KEY = 127,            /* characters of the key of an app's property */
    LIMIT_PROPERTY_VALUE = 32768,        /* characters of the value of an app's property */
    LIMIT_MODULES = 1000,                /* modules of one request or descriptor */
    LIMIT_PROBLEMS = 1000,               /* errors of one request that are reported */
    LIMIT_WARNINGS = 100,                /* warnings of one request that are reported */

    /* exports of sites */
    LIMIT_EXPORT_LINE = 32 * 1024 * 1024, /* bytes of a line: a descriptor may come from a file */
    LIMIT_EXPORT_APP = 128 * 1024 * 1024, /* bytes of the lines of an app, without its history */
    LIMIT_EXPORT_STEP = 1000,            /* keys of apps, or events, in one statement */
    LIMIT_EXPORT_EVENTS = 4 * 1024 * 1024, /* bytes of events from which on they are stored */
    LIMIT_PROPERTIES = 100,              /* properties of an app */

    /* administrators, and calls of apps */
    LIMIT_PASSWORD_CHECKS = 120,         /* passwords of unknown addresses a minute; 50 ms each */
    LIMIT_PASSWORD = 511,                /* bytes of a password; crypt(3) takes no more */
    LIMIT_CONNECT_SECONDS = 3,           /* seconds until an app accepts a connection */

    /* what doctor warns of */
    LIMIT_HISTORY_EVENTS = 5000 * 1000,  /* events of the history; 200 bytes each */
    LIMIT_DISK_FREE_PERCENT = 5,         /* of a file system that are to be free, at least */
    LIMIT_DISK_FREE_MIB = 512,           /* that are free enough, whatever the share */

    /* schemas of module types */
    LIMIT_SCHEMA_DEPTH = 100,            /* schemas nested in a schema */
    LIMIT_SCHEMA_CHAIN = 100,            /* schemas that apply to one place through each other */
    LIMIT_SCHEMA_FRAMES = 1000,          /* schemas nested while one value is validated */
    LIMIT_SCHEMA_WORK = 5000 * 1000,     /* schemas run while one value is validated */
    LIMIT_PATTERN = 4096,                /* bytes of a regular expression */
    LIMIT_PATTERN_GROUPS = 100,          /* nested groups of a regular expression */
    LIMIT_PATTERN_STEPS = 250 * 1000,    /* steps of matching while one value is validated */
    LIMIT_PATTERN_HEAP = 8 * 1024,       /* KiB of memory for one match */
};
/* clang-format on */

#endif

/* The resource that a Prometheus server reads: metrics of the programs and of the database. */
#ifndef DYNMOD_API_MONITORING_H
#define DYNMOD_API_MONITORING_H

#include "http/router.h"

/* Admits who sends the metrics_token of the configuration, and whose address is among its
 * metrics_addresses; where neither is set, there is no such resource. */
route_admit monitoring_access;
/* All metrics; without those from the database, and with dynmod_database_up 0, when that does not
 * answer. `exchange->service` is a struct service. */
route_handler monitoring_show;

#endif

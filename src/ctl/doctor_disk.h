/* What doctor checks of file systems. */
#ifndef DYNMOD_CTL_DOCTOR_DISK_H
#define DYNMOD_CTL_DOCTOR_DISK_H

#include "ctl/finding.h"

/* Adds findings on the file systems of logs and, as far as it is on this machine and
 * findings->cluster may know where, of the database. */
void doctor_check_disks(struct findings *findings) __attribute__((nonnull));

#endif

/* Standard input, output and error of a process. */
#include "base/descriptors.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void descriptors_open(void) {
    int file;
    do /* the lowest number that is free */
        file = open("/dev/null", O_RDWR);
    while (file >= 0 && file <= STDERR_FILENO);
    if (file < 0)
        abort();
    close(file);
}

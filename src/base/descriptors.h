/* Standard input, output and error of a process. */
#ifndef DYNMOD_BASE_DESCRIPTORS_H
#define DYNMOD_BASE_DESCRIPTORS_H

/* Opens /dev/null in place of those that were closed when the program started: the next file or
 * connection to be opened would get their numbers, and what is printed or logged with it. To be
 * called before anything else. Ends the process when that is not possible. */
void descriptors_open(void);

#endif

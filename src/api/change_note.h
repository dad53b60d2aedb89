/* What the log says of changes of an app's dynamic modules. */
#ifndef DYNMOD_API_CHANGE_NOTE_H
#define DYNMOD_API_CHANGE_NOTE_H

#include "base/app.h"
#include "connect/module_list.h"
#include "connect/problem.h"
#include "http/exchange.h"
#include "store/store_modules.h"

/* Each of these makes the note of the response, where the log shows it: how many there were, and
 * the first of them. */

void change_note_added(struct exchange *exchange, const struct module_list *list)
    __attribute__((nonnull));
void change_note_replaced(struct exchange *exchange, const struct store_change *change)
    __attribute__((nonnull));
/* `keys` are those that were to be removed, NULL for all. */
void change_note_removed(struct exchange *exchange, size_t removed, const struct app_texts *keys)
    __attribute__((nonnull(1)));
void change_note_problems(struct exchange *exchange, const struct problem_list *problems)
    __attribute__((nonnull));

#endif

/* The functions that carry out the commands; the table in commands.c describes each. */
#ifndef DYNMOD_CTL_HANDLERS_H
#define DYNMOD_CTL_HANDLERS_H

#include "ctl/command.h"

command_handler run_setup;

command_handler run_site_add;
command_handler run_site_list;
command_handler run_site_set;
command_handler run_site_rotate_key;

command_handler run_app_install;
command_handler run_app_list;
command_handler run_app_show;
command_handler run_app_enable;
command_handler run_app_disable;
command_handler run_app_uninstall;
command_handler run_app_rotate_secret;

command_handler run_callbacks_list;
command_handler run_callbacks_retry;

command_handler run_history;
command_handler run_history_prune;

command_handler run_secrets_encrypt;
command_handler run_secrets_rekey;
command_handler run_secrets_decrypt;

command_handler run_admin_add;
command_handler run_admin_list;
command_handler run_admin_remove;

command_handler run_module_list;
command_handler run_module_register;
command_handler run_module_replace;
command_handler run_module_restore;
command_handler run_module_remove;

command_handler run_type_list;
command_handler run_type_show;
command_handler run_type_allow;
command_handler run_type_deny;
command_handler run_type_add;

command_handler run_site_export;
command_handler run_site_import;

command_handler run_site_remove;
command_handler run_app_remove;
command_handler run_type_remove;

command_handler run_validate;

command_handler run_help;

command_handler run_sign;
command_handler run_doctor;

#endif

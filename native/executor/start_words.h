/* What systemd is told of a guest whose name it reads otherwise: the name of a unit, and the words of a command. */
#ifndef HOSTLER_START_WORDS_H
#define HOSTLER_START_WORDS_H

#include <stdbool.h>

enum { UNIT_NAME_BYTES = 256 };

/* Whether `lxc@NAME.service` is a unit, and means that guest: its command has the name as it stands there. */
bool is_unit_instance(const char *name);
/* `PREFIX` and `.service` around the name, escaped as systemd-escape does, but for dashes; a long one is cut and told apart by a number. */
void put_unit_name(char unit[UNIT_NAME_BYTES], const char *prefix, const char *name);
/* As a word of a command in a property (`ExecStop=`); up to four bytes for each. The end of what was put. */
char *put_property_word(char *to, const char *word);
/* As an argument of a command that systemd runs, in which it looks for variables; up to two bytes for each. */
void put_argument(char *to, const char *word);

#endif

/*
 * Binding from the staging file system into a guest's own folder: a placeholder under TEMPORARY, made as the guest's
 * root, with the mount on it. Publishing it then makes the mount appear; withdrawing the name takes the mount along.
 */
#ifndef HOSTLER_BINDS_H
#define HOSTLER_BINDS_H

#include "nodes.h"

int bind_node(const struct guest *guest, const struct place *place, const struct node *node, struct failure *failure);
int bind_folder(const struct guest *guest, const struct place *place, struct failure *failure);
/*
 * Removes the staged node (or folder: AT_REMOVEDIR) that `fd` shows in the guest: 0 or -errno (ENOTEMPTY). What is not
 * staged, or lies in a staged folder, is no error.
 */
int unstage(const struct guest *guest, const struct place *place, int fd, int flags);

#endif

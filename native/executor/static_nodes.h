/* Device numbers that sysfs does not know before the first open of a node loads their module: /dev/net/tun, /dev/fuse. */
#ifndef HOSTLER_STATIC_NODES_H
#define HOSTLER_STATIC_NODES_H

#include "executor.h"

/* Whether a module of the running kernel says that it has this number. */
bool is_static_node(const struct device_number *number);

#endif

#include "sockets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int bind_as(int fd, const struct sockaddr_un *address, mode_t mode);

bool socket_address(const char *path, struct sockaddr_un *address)
{
	if (path[0] != '/' || strlen(path) >= sizeof(address->sun_path))
		return false;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(address->sun_path, path);
	return true;
}

int socket_bind(const char *path, int type, mode_t mode)
{
	struct sockaddr_un address;
	struct stat former;
	int fd, error;

	if (!socket_address(path, &address))
		return -EINVAL;
	if (lstat(path, &former) == 0 && S_ISSOCK(former.st_mode) && unlink(path) < 0)
		return -errno;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	error = bind_as(fd, &address, mode);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

int shares_namespace(pid_t pid, const char *name)
{
	char path[64];
	struct stat own, its;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	if (stat(path, &own) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	if (stat(path, &its) < 0)
		return -errno;
	return own.st_dev == its.st_dev && own.st_ino == its.st_ino;
}

/* The mode of the socket's own inode is what bind gives to the file: at no moment can more callers connect. */
static int bind_as(int fd, const struct sockaddr_un *address, mode_t mode)
{
	if (fchmod(fd, mode) < 0 || bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return -errno;
	return 0;
}

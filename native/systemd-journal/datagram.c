#include "datagram.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { NAME_BYTES_MAX = 64 };

/* Bytes, or a file in their place. */
struct parcel {
	struct iovec bytes;
	int file; /* -1: none */
};

static pid_t speaker;

static int send_parcel(const char *path, const struct parcel *parcel);
static int send_as(pid_t sender, const struct sockaddr_un *address, socklen_t size, const struct parcel *parcel);
static void attach(struct msghdr *message, int kind, const void *data, size_t length);
static int address_of(const char *path, struct sockaddr_un *address, socklen_t *size);
static int memory_file(const char *bytes, size_t length);
static bool is_field_name(const char *name, size_t length);

void datagram_speak_for(pid_t process)
{
	speaker = process;
}

int datagram_send(const char *path, const char *bytes, size_t length)
{
	return send_parcel(path, &(struct parcel){ { (void *)(uintptr_t)bytes, length }, -1 });
}

int datagram_send_large(const char *path, const char *bytes, size_t length)
{
	int error = datagram_send(path, bytes, length), file;

	if (error != -EMSGSIZE && error != -ENOBUFS)
		return error;
	file = memory_file(bytes, length);
	if (file < 0)
		return file;
	error = send_parcel(path, &(struct parcel){ .file = file });
	close(file);
	return error;
}

size_t journal_field(const char *word, char *to, size_t room)
{
	const char *equals = strchr(word, '=');
	size_t name = equals ? (size_t)(equals - word) : 0, value = equals ? strlen(equals + 1) : 0;
	uint64_t length = htole64(value);

	if (!is_field_name(word, name) || room < name + value + sizeof(length) + 2)
		return 0;
	memcpy(to, word, name);
	if (!strchr(equals + 1, '\n')) {
		memcpy(to + name, equals, value + 1);
		to[name + 1 + value] = '\n';
		return name + value + 2;
	}
	to[name] = '\n';
	memcpy(to + name + 1, &length, sizeof(length));
	memcpy(to + name + 1 + sizeof(length), equals + 1, value);
	to[name + 1 + sizeof(length) + value] = '\n';
	return name + value + sizeof(length) + 2;
}

/* Who may not speak for another, or for one that has ended, speaks for itself. */
static int send_parcel(const char *path, const struct parcel *parcel)
{
	struct sockaddr_un address;
	socklen_t size;
	int error = address_of(path, &address, &size);

	if (error == 0)
		error = send_as(speaker, &address, size, parcel);
	return error == -EPERM || error == -ESRCH ? send_as(0, &address, size, parcel) : error;
}

static int send_as(pid_t sender, const struct sockaddr_un *address, socklen_t size, const struct parcel *parcel)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	} control = { 0 };
	struct ucred credentials = { sender, geteuid(), getegid() };
	struct iovec bytes = parcel->bytes;
	struct msghdr message = {
		.msg_name = (void *)(uintptr_t)address,
		.msg_namelen = size,
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
	};
	int error, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (parcel->file >= 0)
		attach(&message, SCM_RIGHTS, &parcel->file, sizeof(parcel->file));
	if (sender > 0)
		attach(&message, SCM_CREDENTIALS, &credentials, sizeof(credentials));
	error = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
	close(fd);
	return error;
}

static void attach(struct msghdr *message, int kind, const void *data, size_t length)
{
	struct cmsghdr *header = (struct cmsghdr *)((char *)message->msg_control + message->msg_controllen);

	*header = (struct cmsghdr){ CMSG_LEN(length), SOL_SOCKET, kind };
	memcpy(CMSG_DATA(header), data, length);
	message->msg_controllen += CMSG_SPACE(length);
}

static int address_of(const char *path, struct sockaddr_un *address, socklen_t *size)
{
	size_t length = strlen(path);

	if (length < 2 || length >= sizeof(address->sun_path) || (path[0] != '/' && path[0] != '@'))
		return -EINVAL;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, path, length);
	if (path[0] == '@')
		address->sun_path[0] = '\0';
	*size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (path[0] == '/'));
	return 0;
}

/* Sealed, or journald would not map it: nobody can change it while it is read. */
static int memory_file(const char *bytes, size_t length)
{
	int file = memfd_create("journal-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int error = 0;

	if (file < 0)
		return -errno;
	for (size_t done = 0; done < length && !error;) {
		ssize_t written = write(file, bytes + done, length - done);

		if (written < 0 && errno != EINTR)
			error = -errno;
		else if (written > 0)
			done += (size_t)written;
	}
	if (!error && fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		error = -errno;
	if (!error)
		return file;
	close(file);
	return error;
}

/* A leading underscore is for what journald itself knows of the sender. */
static bool is_field_name(const char *name, size_t length)
{
	if (length == 0 || length > NAME_BYTES_MAX || name[0] == '_' || (name[0] >= '0' && name[0] <= '9'))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!(name[i] >= 'A' && name[i] <= 'Z') && !(name[i] >= '0' && name[i] <= '9') && name[i] != '_')
			return false;
	return true;
}

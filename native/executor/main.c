/* hostler-executor --socket FD [--run DIR]: performs what the agent asks on FD. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../systemd-journal/datagram.h"
#include "agent.h"
#include "entry.h"
#include "executor.h"
#include "loop.h"
#include "silent_disks.h"
#include "staging.h"
#include "verbs.h"

enum { EXIT_USAGE = 64, EXIT_SYSTEM = 71 };

static bool read_arguments(int count, char **argument, int *socket);
static void raise_files(void);
static void speak_for(int socket);

int main(int count, char **argument)
{
	int socket = -1;

	if (count > 2 && strcmp(argument[1], "--enter") == 0)
		enter(count - 2, argument + 2);
	if (!read_arguments(count, argument, &socket))
		return EXIT_USAGE;
	/* Workers are known by their sockets; the kernel reaps them. */
	if (signal(SIGCHLD, SIG_IGN) == SIG_ERR || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return EXIT_SYSTEM;
	/* Whoever ends the service asks the agent as well, which still needs us; and what is to be given back is when it is gone. */
	if (signal(SIGTERM, SIG_IGN) == SIG_ERR || signal(SIGINT, SIG_IGN) == SIG_ERR || signal(SIGHUP, SIG_IGN) == SIG_ERR)
		return EXIT_SYSTEM;
	/* Modes are set as the agent asks for them. */
	umask(0);
	raise_files();
	speak_for(socket);
	if (loop_open() < 0 || agent_open(socket) < 0)
		return EXIT_SYSTEM;
	silent_disks_open();
	/* Before any worker, which inherits it; a host without inotify to spare still has its devices mapped. */
	(void)watch_open();
	loop_run(agent_settle);
	return EXIT_SYSTEM;
}

static bool read_arguments(int count, char **argument, int *socket)
{
	unsigned long value;

	for (int i = 1; i + 1 < count; i += 2) {
		if (strcmp(argument[i], "--socket") == 0 && parse_unsigned(argument[i + 1], 1 << 20, &value))
			*socket = (int)value;
		else if (strcmp(argument[i], "--run") != 0 || !staging_set_run(argument[i + 1]))
			return false;
	}
	return count % 2 == 1 && *socket >= 0 && fcntl(*socket, F_SETFD, FD_CLOEXEC) == 0;
}

/* A guest has several; where it may not be more, what finds none is refused. */
static void raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

/* What the agent has written into the journal is the agent's, and so is what the manager of services hears. */
static void speak_for(int socket)
{
	struct ucred agent;
	socklen_t size = sizeof(agent);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &agent, &size) == 0)
		datagram_speak_for(agent.pid);
}

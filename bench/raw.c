/*
 * The bare cost of what brings one device into a guest and takes it away, without anybody who decides:
 * raw GUEST-ROOT DEVICES-CGROUP MINOR TIMES. Prints the microseconds of each "in" and each "out".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

static long now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void must(int done, const char *what)
{
	if (done)
		return;
	perror(what);
	exit(1);
}

static void put(const char *cgroup, const char *file, const char *text)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", cgroup, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd >= 0 && write(fd, text, strlen(text)) > 0, path);
	close(fd);
}

static int open_dev(int root)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, root, "dev", &how, sizeof how);
	must(fd >= 0, "dev");
	return fd;
}

static void bring(int root, const char *cgroup, const char *grant, const char *name, dev_t number)
{
	put(cgroup, "devices.allow", grant);
	int dev = open_dev(root);
	must(mknodat(dev, ".raw", S_IFBLK | 0600, number) == 0, "mknodat");
	int node = openat(dev, ".raw", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat stat;
	must(node >= 0 && fstat(node, &stat) == 0 && stat.st_rdev == number, "node");
	must(fchownat(node, "", 0, 107, AT_EMPTY_PATH) == 0, "fchownat");
	char handle[64];
	snprintf(handle, sizeof handle, "/proc/self/fd/%d", node);
	must(chmod(handle, 0660) == 0, "chmod");
	must(renameat(dev, ".raw", dev, name) == 0, "renameat");
	close(node);
	close(dev);
}

static void take(int root, const char *cgroup, const char *grant, const char *name)
{
	put(cgroup, "devices.deny", grant);
	int dev = open_dev(root);
	must(unlinkat(dev, name, 0) == 0, "unlinkat");
	close(dev);
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	int root = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC), minor_number = atoi(argv[3]);
	must(root >= 0, argv[1]);
	char grant[64];
	snprintf(grant, sizeof grant, "b 7:%d rw", minor_number);
	for (int time = 0; time < atoi(argv[4]); time++) {
		long start = now_us();
		bring(root, argv[2], grant, "raw-bench", makedev(7, (unsigned int)minor_number));
		long middle = now_us();
		take(root, argv[2], grant, "raw-bench");
		printf("%ld %ld\n", middle - start, now_us() - middle);
	}
	return 0;
}

#!/bin/sh
# Runs a command in the mount and network namespace that the caller has made: /run is empty and our own, loopback is up,
# and root may give a guest the ids that the tests use. However the command ends, what it has started is ended after it, and
# the guests, cgroups, loop devices and folders that it has noted in $HOSTLER_TEST_NOTED are gone: where this shell is killed too,
# by the next one.
set -e

# Whoever is in the same namespace, but for this shell.
inside() {
	find /proc/[0-9]*/ns/"$1" -lname "$(readlink "/proc/self/ns/$1" | sed 's/[][]/\\&/g')" 2>/dev/null | cut -d/ -f3 | grep -vx "$$"
}

# Who is there before the command would be ended with it, or lose its /run. Among them is who looked for them, and has ended.
for kind in net mnt; do
	for pid in $(inside $kind); do
		[ -e "/proc/$pid" ] || continue
		echo "$0: the namespaces are not the command's own: unshare -m -n" >&2
		exit 2
	done
done
mount --make-rprivate /
mount -t tmpfs -o mode=755 hostler-test /run
mkdir -p /run/lock /run/udev
for ids in subuid subgid; do
	[ -e "/etc/$ids" ] || continue
	printf 'root:100000:65536\n' >"/run/$ids"
	mount --bind "/run/$ids" "/etc/$ids"
done
ip link set lo up

# It outlives this shell, and is locked as long as anything of the run lives.
begin_list() {
	list=$(mktemp "$lists/hostler-begun-XXXXXX")
	exec 9>>"$list"
	flock 9
	export HOSTLER_TEST_NOTED="$lists/hostler-noted-${list##*-}"
	mv "$list" "$HOSTLER_TEST_NOTED"
}

# Nobody else is in a network namespace that was made for the command.
left() {
	inside net
}

# LXC takes a guest's cgroups away when it is asked to stop it.
stop_guests() {
	for pid in $(left); do
		title=$(2>/dev/null tr '\0' ' ' <"/proc/$pid/cmdline") || continue
		case $title in
		'[lxc monitor] '*)
			# shellcheck disable=SC2086
			set -- ${title#'[lxc monitor] '}
			timeout 10 lxc-stop -k -P "$1" -n "$2" || :
			;;
		esac
	done
}

# A cgroup is in use until the last process in it has ended.
end_processes() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		killed=
		# Among those that are left is who looked for them, and has ended.
		for pid in $(left); do
			kill -KILL "$pid" 2>/dev/null && killed=yes
		done
		[ "$killed" ] || return 0
		sleep 0.1
	done
}

# The second and later guests of a name have a number behind it. Only an empty cgroup can be removed.
remove_cgroup() {
	[ "$1" ] || return 0 # else it would be every cgroup
	for folder in /sys/fs/cgroup /sys/fs/cgroup/*; do
		for cgroup in "$folder/$1" "$folder/$1"-[0-9] "$folder/$1"-[0-9][0-9]; do
			[ ! -d "$cgroup" ] || find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || :
		done
	done
}

# A number that another process has by now has another start time.
lives() {
	[ "$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20)" = "$2" ]
}

ends() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		lives "$1" "$2" || return 0
		sleep 0.1
	done
	return 1
}

end_noted() {
	! lives "$1" "$2" || kill -KILL "$1" 2>/dev/null || :
	ends "$1" "$2"
}

# Who was in its network namespace was found there; of a run that was killed nobody is in ours. LXC's monitor takes the guest's
# cgroups away when its init has ended.
end_guests() {
	sort -u "$1" | while read -r kind init init_start monitor monitor_start; do
		[ "$kind" = guest ] || continue
		end_noted "$init" "$init_start" || :
		ends "$monitor" "$monitor_start" || end_noted "$monitor" "$monitor_start" || :
	done
}

# What is still mounted in it is our own, or went with the run that had mounted it.
remove_folder() {
	case $1 in
	*/*) return 0 ;;
	hostler-test-*) ;;
	*) return 0 ;;
	esac
	cut -d' ' -f5 /proc/self/mountinfo | grep -F "$lists/$1/" | sort -r | while read -r mounted; do
		umount -l "$mounted" || :
	done
	rm -rf --one-file-system "${lists:?}/$1" || :
}

remove_noted() {
	end_guests "$1"
	sort -u "$1" | while read -r kind name count; do
		case $kind in
		cgroup) remove_cgroup "$name" ;;
		loop) "$loopctl" discard "$name" "$count" || : ;;
		folder) remove_folder "$name" ;;
		esac
	done
	rm "$1"
}

# Nobody holds the list of a run that was killed.
remove_left() {
	for list in "$lists"/hostler-noted-*; do
		[ -f "$list" ] && [ ! -h "$list" ] && [ -O "$list" ] || continue
		(flock -n 8 && remove_noted "$list") 8<"$list" || :
	done
}

lists=${TMPDIR:-/tmp}
loopctl=$(dirname "$0")/../native/build/fixtures/loopctl
remove_left
begin_list
# What runs beside its shell would read nothing. A terminal's Ctrl-C reaches the command by itself.
command=
trap : INT
trap 'kill -TERM $command 2>/dev/null || :' TERM HUP
exec 3<&0
"$@" <&3 3<&- &
command=$!
status=0
wait $command || status=$?
while kill -0 $command 2>/dev/null; do
	status=0
	wait $command || status=$?
done
trap '' INT TERM HUP
stop_guests
end_processes
remove_noted "$HOSTLER_TEST_NOTED"
exit $status

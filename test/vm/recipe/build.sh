#!/bin/sh
# Builds the test host's image from Debian's packages into a folder: build.sh FOLDER
# vmlinuz, initrd, root.ext4 (the host), guest.sqfs (a Debian for guests with systemd), swap.raw, an ssh key. Needs root and a Debian mirror.
set -eu
recipe=$(cd "$(dirname "$0")" && pwd)
out=$1
mkdir -p "$out"
cd "$out"
suite=bookworm
mirror=${HOSTLER_VM_MIRROR:-}
say() { echo "image: $*" >&2; }

# Debian 12 builds from its own sources, anything else from Debian's mirror.
sources() {
	if [ -n "$mirror" ]; then
		echo "$mirror"
	elif grep -qs "$suite" /etc/apt/sources.list.d/debian.sources; then
		echo /etc/apt/sources.list.d/debian.sources
	elif grep -qs "$suite" /etc/apt/sources.list; then
		echo /etc/apt/sources.list
	fi
}

words() { tr '\n' ' ' <"$1"; }

tree() { # TREE PACKAGES
	# shellcheck disable=SC2046
	mmdebstrap --quiet --variant=minbase --mode=root --include="$(tr -d '\n' <"$2")" \
		--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		$suite "$1" $(sources) >"$1.log" 2>&1 || { tail -n 20 "$1.log" >&2; return 1; }
}

say 'packages of the host and of its guests'
rm -rf host.tree guest.tree
tree guest.tree "$recipe/guest.packages" &
guest=$!
tree host.tree "$recipe/host.packages"
wait $guest

say 'kernel modules'
kernel=$(ls host.tree/lib/modules)
cp "host.tree/boot/vmlinuz-$kernel" vmlinuz
rm -rf host.tree/boot
for folder in $(words "$recipe/no-modules"); do rm -rf "host.tree/lib/modules/$kernel/kernel/$folder"; done
chroot host.tree depmod "$kernel"

say 'settings'
cp -a "$recipe/host/." host.tree/
chown -R root:root host.tree/etc host.tree/usr/local
for unit in $(words "$recipe/masked-units"); do ln -sf /dev/null "host.tree/etc/systemd/system/$unit"; done
for unit in vm-network.service vm-mounts.service; do
	mkdir -p host.tree/etc/systemd/system/sysinit.target.wants
	ln -sf "../$unit" "host.tree/etc/systemd/system/sysinit.target.wants/$unit"
done
rm -f host.tree/etc/ssh/ssh_host_* id id.pub
ssh-keygen -q -t ed25519 -N '' -f host.tree/etc/ssh/ssh_host_ed25519_key
ssh-keygen -q -t ed25519 -N '' -C hostler-vm -f id
mkdir -p -m 700 host.tree/root/.ssh
cp id.pub host.tree/root/.ssh/authorized_keys
mkdir -p host.tree/srv/guest host.tree/srv/build host.tree/opt/hostler host.tree/share
: >host.tree/etc/hostler-test-host
for tree in host.tree guest.tree; do
	chroot $tree passwd -d root >/dev/null
	echo 0123456789abcdef0123456789abcdef >$tree/etc/machine-id
done

say 'images'
rm -f root.ext4 guest.sqfs
truncate -s 6G root.ext4
mkfs.ext4 -q -F -O '^metadata_csum,^64bit' -E lazy_itable_init=1,lazy_journal_init=1 -m 0 -d host.tree root.ext4
mksquashfs guest.tree guest.sqfs -quiet -no-progress -no-xattrs -comp lz4 >/dev/null
truncate -s 512M swap.raw
mkswap -q swap.raw

say 'first file system'
rm -rf initrd.tree
mkdir -p initrd.tree/bin initrd.tree/dev initrd.tree/root initrd.tree/modules
cp host.tree/bin/busybox initrd.tree/bin/busybox
cp "$recipe/init" initrd.tree/init
chmod 755 initrd.tree/init
: >initrd.tree/modules/order
for module in virtio_blk virtio_pci ext4; do
	chroot host.tree modprobe -S "$kernel" --show-depends $module | awk '$1 == "insmod" { print $2 }'
done | awk '!seen[$0]++' | while read -r file; do
	cp "host.tree$file" initrd.tree/modules/
	basename "$file" >>initrd.tree/modules/order
done
(cd initrd.tree && find . | cpio -o -H newc --quiet) >initrd
rm -rf host.tree guest.tree initrd.tree ./*.log
say "done: $(du -shc root.ext4 guest.sqfs initrd vmlinuz | tail -n 1 | cut -f 1)"

import { join } from 'node:path';

export interface QemuOptions {
  readonly image: string;
  readonly folder: string;
  /** On the loopback; leads to the machine's ssh. */
  readonly port: number;
  readonly root: { readonly file: string; readonly format: string };
  readonly keep: boolean;
  readonly cgroups: Cgroups;
  readonly devices: readonly object[] | undefined;
}

/** `v1` is how hosts were before Debian 11: systemd manages units in v1's hierarchies. */
export type Cgroups = 'v1' | 'v2';

const KERNEL = [
  'console=ttyS0 root=/dev/vda rw quiet loglevel=4 net.ifnames=0',
  'mitigations=off nokaslr no_timer_check tsc=nowatchdog nowatchdog random.trust_cpu=1 rcupdate.rcu_expedited=1',
  'usbcore.autosuspend=-1', // an emulated port that is unplugged asleep is believed in for up to a minute
  'apparmor=0 audit=0 systemd.show_status=0 swapaccount=1 psi=1',
].join(' ');
const CGROUPS: Readonly<Record<Cgroups, string>> = {
  v1: 'systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1',
  v2: 'systemd.unified_cgroup_hierarchy=1',
};

/** Those that a QEMU with this command line boots with. */
export function cgroupsOf(commandLine: string): Cgroups {
  return commandLine.includes(CGROUPS.v1) ? 'v1' : 'v2';
}

/** Has no AVX: what V8 compiles for AVX is dear to emulate. */
const PROCESSOR = 'Nehalem';

/** The command line of a machine with two processors, USB by xHCI and a share. Software emulation, unless another is asked for. */
export function qemuWords({ image, folder, port, root, keep, cgroups, devices = [] }: QemuOptions): readonly string[] {
  const accelerator = process.env.HOSTLER_VM_ACCELERATOR ?? 'tcg,thread=multi,tb-size=1024';
  const within = (name: string) => join(folder, name);
  const drive = (id: string, file: string, rest: string) => [
    '-drive',
    `file=${file},if=none,id=${id},${rest}`,
    '-device',
    `virtio-blk-pci,drive=${id}`,
  ];
  return [
    ...['-name', 'testhost', '-M', 'q35,usb=off,smm=off', '-accel', accelerator],
    ...['-cpu', PROCESSOR, '-smp', '2', '-m', '3072'],
    ...['-nodefaults', '-display', 'none', '-no-user-config', '-serial', `file:${within('console.log')}`],
    ...[
      '-kernel',
      join(image, 'vmlinuz'),
      '-initrd',
      join(image, 'initrd'),
      '-append',
      `${KERNEL} ${CGROUPS[cgroups]}`,
    ],
    ...drive('root', root.file, `format=${root.format},cache=unsafe,discard=unmap,snapshot=${keep ? 'off' : 'on'}`),
    ...drive('guest', join(image, 'guest.sqfs'), 'format=raw,readonly=on'),
    ...drive('swap', join(image, 'swap.raw'), 'format=raw,snapshot=on,cache=unsafe'),
    ...['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`],
    ...['-device', 'virtio-net-pci,netdev=net,romfile=', '-device', 'virtio-rng-pci', '-device', 'virtio-gpu-pci'],
    ...['-virtfs', `local,path=${within('share')},mount_tag=share,security_model=none,multidevs=remap`],
    ...['-device', 'qemu-xhci,id=xhci,p2=15,p3=15', '-audiodev', 'none,id=silence'],
    ...['-chardev', 'null,id=nobody', '-qmp', `unix:${within('qmp.sock')},server=on,wait=off`],
    ...devices.flatMap((device) => ['-device', JSON.stringify(device)]),
    ...['-daemonize', '-pidfile', within('pid')],
  ];
}

import { execFileSync } from 'node:child_process';
import { monitor } from './qmp.ts';

/** A USB device of QEMU's. */
export interface UsbDevice {
  /** QEMU's name of it while it is plugged in. */
  readonly id: string;
  /** `usb-serial`, `usb-mouse`, `usb-hub`, `usb-audio`, ... */
  readonly driver: string;
  /** The port of the machine, `1` to `15`, or of a hub that is plugged in, `3.1`. */
  readonly port: string;
  readonly serial?: string;
}

/** What drivers need besides a port. */
const OWN: Readonly<Record<string, object>> = {
  'usb-serial': { chardev: 'nobody', 'always-plugged': true },
  'usb-audio': { audiodev: 'silence' },
  'usb-mtp': { rootdir: '/tmp' },
};

export async function plugUsb({ id, driver, port, serial }: UsbDevice): Promise<void> {
  const { execute } = await monitor();
  const own = { ...OWN[driver], ...(driver === 'usb-storage' && { drive: await drive(id) }) };
  await execute('device_add', { driver, id, bus: 'xhci.0', port, ...(serial && { serial }), ...own });
}

/** Resolves when QEMU has let go of it; the kernel may be a moment behind. */
export async function unplugUsb({ id, driver }: Pick<UsbDevice, 'id' | 'driver'>): Promise<void> {
  const { execute, deleted } = await monitor();
  const gone = deleted(id);
  await execute('device_del', { id });
  await gone;
  if (driver === 'usb-storage') await execute('blockdev-del', { 'node-name': `${id}-drive` });
}

/** Takes out whatever a failed test has left. */
export async function unplugAll(ids: readonly string[]): Promise<void> {
  const { execute } = await monitor();
  for (const id of ids) await execute('device_del', { id }).catch(() => undefined); // it may be out already
}

async function drive(id: string): Promise<string> {
  const { execute } = await monitor();
  const name = `${id}-drive`;
  await execute('blockdev-add', { driver: 'null-co', 'node-name': name, size: 16 << 20, 'read-zeroes': true });
  return name;
}

/** Until udev has nothing to do. */
export function settle(): void {
  execFileSync('udevadm', ['settle']);
}

import { eventually } from '../../scenarios/eventually.ts';
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
  'usb-audio': { audiodev: 'silence' },
  'usb-mtp': { rootdir: '/tmp' },
};

/** What a device has behind it in QEMU, each its own. */
const BACKENDS: Readonly<Record<string, Backend>> = {
  'usb-serial': {
    async add(id) {
      const { execute } = await monitor();
      await execute('chardev-add', { id: `${id}-line`, backend: { type: 'null', data: {} } });
      return { chardev: `${id}-line`, 'always-plugged': true };
    },
    async remove(id) {
      await (await monitor()).execute('chardev-remove', { id: `${id}-line` });
    },
  },
  'usb-storage': {
    async add(id) {
      const { execute } = await monitor();
      const drive = { driver: 'null-co', 'node-name': `${id}-drive`, size: 16 << 20, 'read-zeroes': true };
      await execute('blockdev-add', drive);
      return { drive: `${id}-drive` };
    },
    async remove(id) {
      await (await monitor()).execute('blockdev-del', { 'node-name': `${id}-drive` });
    },
  },
};

interface Backend {
  /** Answers what the device is told of it. */
  add(id: string): Promise<object>;
  remove(id: string): Promise<void>;
}

export async function plugUsb({ id, driver, port, serial }: UsbDevice): Promise<void> {
  const { execute } = await monitor();
  const own = { ...OWN[driver], ...(await BACKENDS[driver]?.add(id)) };
  await execute('device_add', { driver, id, bus: 'xhci.0', port, ...(serial && { serial }), ...own });
}

/** Resolves when QEMU has let go of it; the kernel may be a moment behind. */
export async function unplugUsb({ id, driver }: Pick<UsbDevice, 'id' | 'driver'>): Promise<void> {
  await (await monitor()).unplug(id);
  await BACKENDS[driver]?.remove(id);
}

/** Takes out whatever a test has left, or a failed one. */
export async function unplugAll(ids: readonly string[]): Promise<void> {
  const { execute } = await monitor();
  for (const id of ids) {
    await eventually(async () => {
      const said = await execute('device_del', { id }).then(() => 'it is asked to go', String);
      if (!said.includes('not found')) throw new Error(`${id} is not out: ${said}`);
    });
    for (const { remove } of Object.values(BACKENDS)) await remove(id).catch(() => undefined);
  }
}

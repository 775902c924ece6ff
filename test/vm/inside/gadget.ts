import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const FOLDER = '/sys/kernel/config/usb_gadget';
/** Gadgets that can be plugged in at a time. */
export const SLOTS = 8;

/** A USB device of any vendor and product, made of the kernel's own gadget functions and plugged into the same kernel. */
export interface GadgetOptions {
  readonly name: string;
  readonly vendor: number;
  readonly product: number;
  /** Bytes as they are written; what USB cannot say is refused by the kernel. */
  readonly strings?: {
    readonly serialnumber?: string | Buffer;
    readonly manufacturer?: string | Buffer;
    readonly product?: string | Buffer;
  };
  readonly functions: readonly GadgetFunction[];
  /** What its hid function is; absent: a keyboard. */
  readonly report?: 'keyboard' | 'buttons';
}

/** `SourceSink` is a device without a driver on the host, as a scanner is. The emulated controller has no isochronous endpoints. */
export type GadgetFunction = 'acm' | 'hid' | 'mass_storage' | 'midi' | 'printer' | 'SourceSink';

export interface Gadget {
  /** Plugs it in; slots are the ports of the emulated controller, from 0. */
  plug(slot?: number): void;
  unplug(): void;
  /** Unplugs it and forgets it. */
  destroy(): void;
}

/** Descriptions of two bytes: the shift keys and one key of all, of which udev knows a keyboard; of one: three buttons. */
const REPORTS = {
  keyboard: '05010906a101050719e029e7150025017501950881021900296515002565750895018100c0',
  buttons: '05010902a10105091901290315002501750195038102750595018103c0',
};
const REPORT_BYTES = { keyboard: 2, buttons: 1 };

const FURNISH: Partial<Record<GadgetFunction, (folder: string, options: GadgetOptions) => void>> = {
  hid(folder, { report = 'keyboard' }) {
    writeFileSync(join(folder, 'protocol'), '1');
    writeFileSync(join(folder, 'subclass'), '1');
    writeFileSync(join(folder, 'report_length'), String(REPORT_BYTES[report]));
    writeFileSync(join(folder, 'report_desc'), Buffer.from(REPORTS[report], 'hex'));
  },
  mass_storage(folder) {
    writeFileSync('/run/gadget.img', Buffer.alloc(1 << 20));
    writeFileSync(join(folder, 'lun.0/removable'), '1');
    writeFileSync(join(folder, 'lun.0/file'), '/run/gadget.img');
  },
};

export function createGadget(options: GadgetOptions): Gadget {
  const { name, vendor, product, strings, functions } = options;
  loadModules();
  const folder = join(FOLDER, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'idVendor'), `0x${vendor.toString(16)}`);
  writeFileSync(join(folder, 'idProduct'), `0x${product.toString(16)}`);
  if (strings !== undefined) writeStrings(folder, strings);
  const config = join(folder, 'configs/c.1');
  mkdirSync(config);
  for (const one of functions) {
    const at = join(folder, 'functions', `${one}.${name}`);
    mkdirSync(at);
    FURNISH[one]?.(at, options);
    symlinkSync(at, join(config, `${one}.${name}`));
  }
  const bind = (controller: string) => writeFileSync(join(folder, 'UDC'), `${controller}\n`);
  const isPlugged = () => readFileSync(join(folder, 'UDC'), 'utf8').trim() !== '';
  const unplug = () => {
    if (isPlugged()) bind('');
  };
  return {
    plug: (slot = 0) => bind(`dummy_udc.${slot}`),
    unplug,
    destroy() {
      unplug();
      removeGadget(folder);
    },
  };
}

function loadModules(): void {
  if (existsSync(FOLDER) && existsSync('/sys/class/udc/dummy_udc.0')) return;
  execFileSync('modprobe', ['dummy_hcd', `num=${SLOTS}`]);
  execFileSync('modprobe', ['libcomposite']);
}

function writeStrings(folder: string, strings: NonNullable<GadgetOptions['strings']>): void {
  const english = join(folder, 'strings/0x409');
  mkdirSync(english);
  for (const [name, value] of Object.entries(strings)) writeFileSync(join(english, name), value);
}

// configfs wants its folders taken away in this order, each by itself.
function removeGadget(folder: string): void {
  const config = join(folder, 'configs/c.1');
  for (const entry of readdirSync(config, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) unlinkSync(join(config, entry.name));
  }
  rmdirSync(config);
  for (const name of readdirSync(join(folder, 'functions'))) rmdirSync(join(folder, 'functions', name));
  for (const name of readdirSync(join(folder, 'strings'))) rmdirSync(join(folder, 'strings', name));
  rmdirSync(folder);
}

/** Uevents as bytes: the kernel's form and udev's, and ways to spoil them. */
export type Properties = Readonly<Record<string, string>>;

export const DISK: Properties = {
  ACTION: 'add',
  DEVPATH: '/devices/virtual/block/forged',
  SUBSYSTEM: 'block',
  MAJOR: '7',
  MINOR: '99',
  DEVNAME: 'forged',
  DEVTYPE: 'disk',
  SEQNUM: '4242',
};

export function kernelUevent(properties: Properties): Buffer {
  return Buffer.concat([Buffer.from(`${properties.ACTION}@${properties.DEVPATH}\0`), propertyBytes(properties)]);
}

export const UDEV_MAGIC = 0xfeedcafe;

/** Numbers are the host's byte order, but for magic, as udevd writes them. */
export function udevUevent(properties: Properties, magic = UDEV_MAGIC): Buffer {
  const header = Buffer.alloc(40);
  const body = propertyBytes(properties);
  header.write('libudev\0', 0, 'latin1');
  header.writeUInt32BE(magic, 8);
  header.writeUInt32LE(header.length, 12);
  header.writeUInt32LE(header.length, 16);
  header.writeUInt32LE(body.length, 20);
  return Buffer.concat([header, body]);
}

function propertyBytes(properties: Properties): Buffer {
  const text = Object.entries(properties).map(([key, value]) => `${key}=${value}\0`);
  return Buffer.from(text.join(''));
}

/** A serial adapter as QEMU plugs it in. */
export const ADAPTER = {
  driver: 'usb-serial',
  id: 'adapter',
  bus: 'xhci.0',
  port: '1',
  chardev: 'nobody',
  'always-plugged': true,
};

/** `/usb1/1-1/1-1.2/1-1.2:1.0/`: hub ports and interfaces in one run; the group keeps the last port. */
const USB_PART = /\/usb\d+\/(?:(\d+-[1-9]\d*(?:\.[1-9]\d*)*)(?::\d+\.\d+)?(?:\/|$))+/;

/** The physical USB path of a device by its DEVPATH, `1-1.2`; undefined when it is not on a USB port (root hubs are not). */
export function portOf(devpath: string): string | undefined {
  return USB_PART.exec(devpath)?.[1];
}

/** From the root hub down to the last port folder, interfaces left out. */
const USB_DEVICE = /^.*?\/usb\d+(?:\/\d+-[1-9]\d*(?:\.[1-9]\d*)*(?=\/|$))+/;

/** The DEVPATH of the USB device that a device is or is a part of; undefined as for `portOf`. */
export function usbDeviceOf(devpath: string): string | undefined {
  return USB_DEVICE.exec(devpath)?.[0];
}

/** The port itself and every hub port above it: `1-1.2` gives `1-1.2` and `1-1`. */
export function portsUpward(port: string): readonly string[] {
  const upward = [port];
  for (let end = port.lastIndexOf('.'); end > 0; end = port.lastIndexOf('.', end - 1)) upward.push(port.slice(0, end));
  return upward;
}

/** In a guest; read last, so that nothing else has the last word. */
export const OWN_RULES = '/etc/udev/rules.d/99-own.rules';

/** Runs udevd in a Debian guest, which says of every USB device what is given: `MODE="0600"`. Its systemd leaves it out where /sys is read-only. */
export async function startOwnUdevd(
  runInside: (...command: string[]) => Promise<unknown>,
  makes: string,
): Promise<void> {
  const rule = `SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ${makes}`;
  const script = `echo '${rule}' > ${OWN_RULES} && exec /lib/systemd/systemd-udevd --daemon`;
  await runInside('sh', '-c', script);
}

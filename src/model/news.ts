/** What a guest hears of one device: what the kernel and udev say of it, as far as it is the guest's business. */
export interface News {
  /** The kernel's own properties, DEVPATH and SUBSYSTEM among them; DEVNAME is the path below /dev, inside the guest. */
  readonly kernel: Readonly<Record<string, string>>;
  /** What udev's rules found out. */
  readonly udev: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  /** Inside the guest, absolute. */
  readonly links: readonly string[];
  /** Microseconds of the monotonic clock when udev first finished with the device. */
  readonly initializedUsec?: string;
}

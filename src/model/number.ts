/** A device number as the kernel knows it; `c` character device, `b` block device. */
export interface DeviceNumber {
  readonly type: 'c' | 'b';
  readonly major: number;
  readonly minor: number;
}

/** Which ways a device may be opened, in this order: read, write, mknod. */
export type Access = 'r' | 'w' | 'm' | 'rw' | 'rm' | 'wm' | 'rwm';

/** `c:189:4`: the one spelling of a device number, in messages, state and the executor's protocol. */
export type NumberText = `${'c' | 'b'}:${number}:${number}`;

export function numberText(number: DeviceNumber): NumberText {
  return `${number.type}:${number.major}:${number.minor}`;
}

import { truncateSync, writeFileSync } from 'node:fs';
import { runShielded } from './run-shielded.ts';

const IMAGE_BYTES = 1024 * 1024;

/** A block device whose contents are a file: attached it is there, detached it is gone, attached again it may have another number. */
export interface LoopDevice {
  /** Answers its node on the host, `/dev/loop7`. */
  attach(): Promise<string>;
  /** Nothing to do when it is not attached. */
  detach(): Promise<void>;
}

/** `image` is made; its first bytes are `contents`. */
export function createLoopDevice(image: string, contents = ''): LoopDevice {
  let node: string | undefined;
  writeFileSync(image, contents);
  truncateSync(image, IMAGE_BYTES);
  return {
    async attach() {
      node = (await runShielded('losetup', ['--find', '--show', image])).trim();
      return node;
    },
    async detach() {
      if (node !== undefined) await runShielded('losetup', ['--detach', node]);
      node = undefined;
    },
  };
}

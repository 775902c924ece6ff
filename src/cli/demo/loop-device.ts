import { execFile } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const IMAGE_BYTES = 1024 * 1024;

/** A block device whose contents are a file: attached it is there, detached it is gone, attached again it has another number. */
export interface LoopDevice {
  /** Answers its node on the host, `/dev/loop7`. */
  attach(): Promise<string>;
  detach(): Promise<void>;
  /** Attaches an empty file, so that the next one gets another number. */
  occupy(): Promise<LoopDevice>;
}

/** `image` is made; its first bytes are `contents`. */
export function createLoopDevice(image: string, contents = ''): LoopDevice {
  let node: string | undefined;
  writeFileSync(image, contents);
  truncateSync(image, IMAGE_BYTES);
  return {
    async attach() {
      node = (await run('losetup', ['--find', '--show', image])).stdout.trim();
      return node;
    },
    async detach() {
      if (node !== undefined) await run('losetup', ['--detach', node]);
      node = undefined;
    },
    async occupy() {
      const other = createLoopDevice(`${image}.other`);
      await other.attach();
      return other;
    },
  };
}

import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../../..'),
    include: ['test/vm/inside/**/*.test.ts'],
    // One host and one bus for all; emulation makes every process and every import dear.
    fileParallelism: false,
    isolate: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});

import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/vm/*.test.ts'],
    fileParallelism: false,
    // A test waits for those that run inside before it; and beside other work all of it takes several times as long.
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
  },
});

import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/vm/*.test.ts'],
    fileParallelism: false,
    // A test waits for those that run inside before it.
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});

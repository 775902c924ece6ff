import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/vm/**'], // on a machine of their own: npm run test:vm
    // Real guests, devices and namespaces are shared by all files: one file at a time.
    fileParallelism: false,
    testTimeout: 60_000,
    // Only what hangs is to take longer: a second, which it is otherwise, is nothing on a busy machine.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 60_000,
  },
});

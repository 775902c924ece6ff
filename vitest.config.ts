import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/vm/**'], // on a machine of their own: npm run test:vm
    globalSetup: 'test/temporary-folder.ts',
    // Real guests, devices and namespaces are shared by all files: one file at a time.
    fileParallelism: false,
    // Longer than anything takes but what hangs, also on a busy machine and with slow builds.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
  },
});

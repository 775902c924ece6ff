import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { hasV1Devices } from './hierarchies.ts';
import { type ModulesFolder, modulesFolder } from './modules-folder.ts';
import { TestGuest } from './test-guest.ts';

/** Minors that no driver of the kernel has. */
const DEVNAME = `# Device nodes to trigger on-demand module loading.
first net/first c10:77
#second second c10:78
third third c10:79x
fourth fourth c10:780
${'long '.repeat(7000)}
behind behind c10:81
`;

describe.skipIf(!isRoot)('numbers of modules that are not loaded', () => {
  let modules: ModulesFolder;
  let executor: ExecutorClient;
  let guest: TestGuest;
  beforeAll(async () => {
    modules = modulesFolder(DEVNAME);
    expect(existsSync('/sys/dev/char/10:77')).toBe(false);
    executor = new ExecutorClient(`mount --make-rprivate / && ${modules.mount}`);
    guest = await TestGuest.start({ confined: hasV1Devices });
    await executor.tell(guest.opening);
  });
  afterAll(async () => {
    await executor.stop();
    await guest.stop();
    modules.remove();
  });

  test('one that the kernel would load a module for is given', async () => {
    const plan = [
      `grant ${guest.name} c:10:77 rw`,
      `make-folder ${guest.name} dev/net`,
      `make-node ${guest.name} dev/net/first c:10:77 0666 0 0`,
    ];
    expect(await executor.perform(plan)).toEqual(['ok', 'ok', 'ok']);
    expect(await guest.does('stat /dev/net/first')).toBe('ok 2 0666 0 0 10:77');
    // The kernel let it through to the driver, and there is none.
    expect(await guest.does('open /dev/net/first rw')).toBe('errno 19');
  });

  test.each(['c:10:7', 'c:10:78', 'c:10:79', 'c:10:81', 'b:10:77', 'c:107:7'])('%s is none', async (number) => {
    expect(await executor.tell(`grant ${guest.name} ${number} rw`)).toBe(`fail 19 sysfs ${number}`);
    expect(await executor.tell(`make-node ${guest.name} dev/a ${number} 0666 0 0`)).toBe(`fail 19 sysfs ${number}`);
  });
});

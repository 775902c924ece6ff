import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';

describe.skipIf(!isRoot)('the line protocol', () => {
  let executor: ExecutorClient;
  beforeAll(() => {
    executor = new ExecutorClient();
  });
  afterAll(() => executor.stop());

  const malformed: readonly (readonly [string, string, string])[] = [
    ['an unknown verb', '7.1 frobnicate web', 'fail 22 protocol frobnicate'],
    ['no verb', '7.2', 'fail 22 protocol %'],
    ['two spaces', '7.3 observe  web', 'fail 22 protocol observe'],
    ['a space at the end', '7.4 observe web ', 'fail 22 protocol observe'],
    ['a cut escape', '7.5 observe %4', 'fail 22 protocol observe'],
    ['lower-case hex', '7.6 observe %c3', 'fail 22 protocol observe'],
    ['an escaped NUL', '7.7 observe %00', 'fail 22 protocol observe'],
    ['a byte that should be escaped', '7.8 observe ä', 'fail 22 protocol observe'],
    ['too few words', '7.9 make-node web dev/a', 'fail 22 protocol make-node'],
    ['too many words', '7.10 guest-close web x', 'fail 22 protocol guest-close'],
    ['a guest name with a slash', '7.11 guest-open ../web 1 /web', 'fail 22 protocol guest-open'],
    ['a guest name with a newline', '7.14 guest-open we%0Ab 1 /web', 'fail 22 protocol guest-open'],
    ['a guest name that is too long', `7.15 guest-open ${'x'.repeat(256)} 1 /web`, 'fail 22 protocol guest-open'],
    ['a pid that is no number', '7.12 guest-open web 0x10 /web', 'fail 22 protocol guest-open'],
    ['a tab between words', '7.13 observe\tweb', 'fail 22 protocol %'],
  ];
  test.each(malformed)('%s is answered, and nothing else', async (_, line, answer) => {
    executor.write(`${line}\n`);
    const step = Number(line.split(' ')[0]?.split('.')[1]);
    expect(await executor.answered(7, step)).toEqual([answer]);
  });

  test('whatever LXC can call a guest is a name', async () => {
    for (const name of ['ru%20odd%2Cx', '%C3%A9', 'x'.repeat(255)]) {
      expect(await executor.tell(`guest-open ${name} 4194304 /web`)).toBe(`fail 3 guest ${name.replace('%2C', ',')}`);
      expect(await executor.tell(`watch-host lxc-guest:${name} /`)).toBe('ok');
      expect(await executor.tell(`unwatch-host lxc-guest:${name}`)).toBe('ok');
    }
  });

  test.each(['', 'observe web', '1 observe web', '-1.2 observe web', '01.2 observe web', '1.2.3 observe web'])(
    'a line without a readable ID (%s) is answered as 0.0',
    async (line) => {
      executor.write(`${line}\n`);
      expect((await executor.answered(0, 0)).at(-1)).toMatch(/^fail 22 protocol /);
    },
  );

  test('a line that is too long is answered once, and the next is read', async () => {
    executor.write(`8.1 observe ${'a'.repeat(200_000)}\n8.2 guest-close nobody\n`);
    expect(await executor.answered(8, 1)).toEqual(['fail 22 protocol observe']);
    expect(await executor.answered(8, 2)).toEqual(['fail 3 guest nobody']);
  });

  test('the longest line is read: 65,536 bytes with its newline', async () => {
    const head = '8.3 observe ';
    executor.write(`${head}${'a'.repeat(65_535 - head.length)}\n`);
    expect((await executor.answered(8, 3)).at(-1)).toMatch(/^fail 3 guest a+$/);
    executor.write(`8.4 observe ${'a'.repeat(65_536 - head.length)}\n`);
    expect(await executor.answered(8, 4)).toEqual(['fail 22 protocol observe']);
  });

  test('a line that arrives byte by byte is one line', async () => {
    for (const byte of '8.5 guest-close nobody\n') {
      executor.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await executor.answered(8, 5)).toEqual(['fail 3 guest nobody']);
  });

  test('an escaped word comes back escaped', async () => {
    expect(await executor.tell('observe %C3%A4%20b')).toBe('fail 3 guest %C3%A4%20b');
    expect(await executor.tell('observe %')).toBe('fail 3 guest %');
  });

  test('no answer is lost while the agent does not read', async () => {
    const count = 60_000;
    executor.pause();
    for (let step = 1; step <= count; step += 1) executor.write(`9.${step} guest-close nobody-${step}\n`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    executor.resume();
    for (let step = 1; step <= count; step += 1)
      expect(await executor.answered(9, step)).toEqual([`fail 3 guest nobody-${step}`]);
  });
});

describe.skipIf(!isRoot)('the executor', () => {
  test('ends when the agent ends', async () => {
    const executor = new ExecutorClient();
    await executor.tell('guest-close nobody');
    await executor.stop();
    expect(() => process.kill(executor.pid, 0)).toThrow('ESRCH');
  });
});

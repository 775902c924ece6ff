import { expect, test } from 'vitest';
import { gathered } from '../../src/agent/gathered.ts';

function counted() {
  const ends: (() => void)[] = [];
  const run = gathered(
    () =>
      new Promise<void>((resolve) => {
        ends.push(resolve);
      }),
  );
  return { run, begun: () => ends.length, end: () => ends.at(-1)?.() };
}

test('runs at once for the first, and once more for all who ask while it runs', async () => {
  const { run, begun, end } = counted();
  const first = run();
  const others = [run(), run(), run()];
  expect(begun()).toBe(1);
  end();
  await first;
  expect(begun()).toBe(2);
  end();
  await Promise.all(others);
  expect(begun()).toBe(2);
});

test('who asks during the second run has a third', async () => {
  const { run, begun, end } = counted();
  const [first, second] = [run(), run()];
  end();
  await first;
  const third = run();
  end();
  await second;
  expect(begun()).toBe(3);
  end();
  await third;
});

test('runs at once for who asks when all is over', async () => {
  const { run, begun, end } = counted();
  const first = run();
  end();
  await first;
  void run();
  expect(begun()).toBe(2);
});

test('goes on after a run that failed, which is told to those who asked for that one', async () => {
  let fails = true;
  const run = gathered(async () => {
    if (fails) throw new Error('no');
  });
  const [first, second] = [run(), run()];
  await expect(first).rejects.toThrow('no');
  await expect(second).rejects.toThrow('no');
  fails = false;
  await run();
});

import { expect, test } from 'vitest';
import { inquire } from '../../src/agent/inquire.ts';
import { newRecord } from '../../src/agent/world.ts';
import type { Holder } from '../../src/model/observed.ts';
import type { Answer } from '../../src/ports/executor.ts';
import { atRest } from '../fakes/clock.ts';

const DOUBT = { guest: 'web1', number: 'c:188:0' } as const;
const SILENCE = 'guest web1 does not say who holds c:188:0';
const HOLDER: Holder = { pid: 31, startTime: '99', command: 'scand', number: 'c:188:0' };
const HELD = 'guest web1 holds c:188:0 open: scand (31)';

/** web2, which wants what web1 had; web1 answers when the test lets it. */
function waiting() {
  const record = newRecord({ name: 'web2', runtime: 'lxc' }, {});
  const asked: string[] = [];
  const added: string[] = [];
  const answers: ((answer: Answer<readonly Holder[]>) => void)[] = [];
  const holders = (guest: string, number: string) => {
    asked.push(`${guest} ${number}`);
    return new Promise<Answer<readonly Holder[]>>((resolve) => answers.push(resolve));
  };
  const clock = { at: 0, now: () => clock.at };
  const world = {
    ports: { executor: { holders }, clock },
    records: new Map([['web2', record]]),
    queue: { add: (guest: string) => void added.push(guest) },
  };
  const held = (of = record) => inquire(world, of, [DOUBT]).get('web1 c:188:0')?.held;
  const answer = async (value: Answer<readonly Holder[]>) => {
    answers.shift()?.(value);
    await atRest();
  };
  return { world, record, clock, asked, added, held, answer };
}

test('a guest counts as holding until it has answered, and is asked once', async () => {
  const { asked, added, held, answer } = waiting();
  expect([held(), held(), held()]).toEqual([SILENCE, SILENCE, SILENCE]);
  expect(asked).toEqual(['web1 c:188:0']);
  expect(added).toEqual([]);
  await answer({ ok: true, value: [] });
  expect(added).toEqual(['web2']);
  expect(held()).toBeUndefined();
});

test('an answer is good for one decision', async () => {
  const { asked, held, answer } = waiting();
  held();
  await answer({ ok: true, value: [] });
  expect([held(), held()]).toEqual([undefined, SILENCE]);
  expect(asked).toHaveLength(2);
});

test('an answer that says the same leads to no pass, and the holder stays known while it is asked anew', async () => {
  const { asked, added, held, answer } = waiting();
  held();
  await answer({ ok: true, value: [HOLDER] });
  expect([held(), held()]).toEqual([HELD, HELD]);
  await answer({ ok: true, value: [HOLDER] });
  expect(added).toEqual(['web2']);
  expect(held()).toBe(HELD);
  await answer({ ok: false, failed: { errno: 'ETIMEDOUT', call: 'deadline', subject: '' } });
  expect(held()).toBe(SILENCE);
  expect([asked.length, added.length]).toEqual([3, 2]);
});

test('an answer that nobody waits for any more is passed over', async () => {
  const { world, record, added, held, answer } = waiting();
  held();
  inquire(world, record, []);
  await answer({ ok: true, value: [] });
  expect(added).toEqual([]);
  expect(held()).toBe(SILENCE);
});

test('for a mere question nobody is asked', () => {
  const { record, asked, held } = waiting();
  expect(held({ ...record })).toBe(SILENCE);
  expect(asked).toEqual([]);
  expect(record.inquiries.size).toBe(0);
});

const OTHER = { guest: 'web1', number: 'c:240:0' } as const;

test('answers about the numbers of one device wait for one another, and are good for one decision together', async () => {
  const { world, record, answer } = waiting();
  const both = () => [...inquire(world, record, [DOUBT, OTHER]).values()].map(({ held }) => held);
  both();
  await answer({ ok: true, value: [] });
  expect(both()).toEqual([undefined, `guest web1 does not say who holds ${OTHER.number}`]);
  await answer({ ok: true, value: [] });
  expect(both()).toEqual([undefined, undefined]);
  expect(both()).not.toContain(undefined);
});

test('one that has waited for too long is asked for anew', async () => {
  const { world, record, clock, asked, answer } = waiting();
  const look = () => inquire(world, record, [DOUBT, OTHER]);
  look();
  await answer({ ok: true, value: [] });
  clock.at = 1_000;
  look();
  look();
  expect(asked).toEqual(['web1 c:188:0', 'web1 c:240:0', 'web1 c:188:0']);
});

import { expect, test } from 'vitest';
import { configOf } from '../fakes/configuration.ts';
import { startedStage } from '../fakes/stage.ts';

async function listener() {
  const { agent, machine } = await startedStage(configOf());
  const refused = (reason: string, count = 1) => agent.handle({ kind: 'uevent-refused', reason, pid: 4711, count });
  const told = () => agent.control.events(0).flatMap(({ says }) => (says.startsWith('W_UEVENT_REFUSED') ? says : []));
  return { refused, told, clock: machine.clock, counters: () => agent.control.status().counters };
}

test('the first of a reason is told at once, with who sent it', async () => {
  const { refused, told } = await listener();
  refused('sender');
  expect(told()).toEqual([
    expect.stringMatching(/^W_UEVENT_REFUSED sender pid 4711: 1 not sent by the kernel; ignored; /),
  ]);
});

test('a flood is told once a minute with how many they were, and every one is counted', async () => {
  const { refused, told, clock, counters } = await listener();
  for (let second = 0; second < 120; second += 1) {
    refused('sender', 10);
    await clock.pass(1_000);
  }
  expect(told().map((says) => / (\d+) not sent/.exec(says)?.[1])).toEqual(['10', '600']);
  expect(counters().uevents_refused_sender_total).toBe(1_200);
});

test('one reason does not hide another', async () => {
  const { refused, told } = await listener();
  for (const reason of ['sender', 'injected', 'magic', 'sender', 'of-tomorrow']) refused(reason);
  expect(told().map((says) => /: 1 (.*?); ignored/.exec(says)?.[1])).toEqual([
    'not sent by the kernel',
    'put through the kernel by a process',
    "not in udev's format",
    'of-tomorrow',
  ]);
});

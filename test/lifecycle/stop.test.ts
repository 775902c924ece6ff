import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { waysOf } from '../../src/lifecycle/halt-ways.ts';
import { isOver } from '../../src/lifecycle/stop.ts';
import { INIT_KINDS } from '../../src/model/halt.ts';
import { PHASES, type StopAction } from '../../src/model/stop.ts';
import { law } from '../devices/law.ts';
import { LISTENING } from './init-facts.ts';
import { type Behaviour, behaviours, type Story, settings, stopStory } from './stopped-guest.ts';

const any = fc.tuple(behaviours, settings);
const MINUTE = { timeoutMs: 60_000, before: [] };
const GOOD: Behaviour = {
  init: 'busybox',
  armsAt: 0,
  loses: 0,
  haltMs: 2000,
  shrinkMs: 100,
  killMs: 10,
  leftMs: 0,
  clearMs: 20,
  hookMs: 0,
  deviceMs: 0,
  nudges: [],
  takenUpAt: [],
};
const verbs = (how: Behaviour, wanted = MINUTE) =>
  stopStory(how, wanted).done.flatMap(({ action: { verb } }) => (verb === 'watch' ? [] : verb));

describe('a stop', () => {
  law('ends in bounded time, whatever the guest does, after a bounded number of looks', any, ([how, wanted]) => {
    const { last, endedAt, begun, looks } = stopStory(how, wanted);
    expect(isOver(last)).toBe(true);
    expect(endedAt - begun.askedAt).toBeLessThanOrEqual(wanted.timeoutMs + 21_000);
    expect(looks).toBeLessThan(600);
  });

  law('kills nobody before the deadline, and nobody who has ended by itself', any, ([how, wanted]) => {
    const { done, begun, last, endsByItselfAt = Number.POSITIVE_INFINITY } = stopStory(how, wanted);
    for (const { at } of done.filter(({ action }) => action.verb === 'kill')) {
      if (last.isLeft) expect(at).toBeGreaterThanOrEqual(endsByItselfAt + 1000);
      else expect(at).toBeGreaterThanOrEqual(begun.askedAt + wanted.timeoutMs);
      if (!last.isLeft) expect(at).toBeLessThan(endsByItselfAt);
    }
  });

  law('sends no init what it takes for something else', any, ([how, wanted]) => {
    for (const { action } of stopStory(how, wanted).done) {
      if (action.verb !== 'halt') continue;
      const { dangerous, halt, nag } = waysOf(action.init, wanted.halt);
      const way = action.isNag ? nag : halt;
      expect(way?.kind === 'signal' && dangerous.includes(way.signal)).toBe(false);
    }
  });

  law('never goes back to a phase, also when others take it up', any, ([how, wanted]) => {
    const phases = stopStory(how, wanted).phases.map((phase) => PHASES.indexOf(phase));
    expect(phases).toEqual(phases.toSorted((one, other) => one - other));
  });

  law('keeps its first deadline, and runs no program and no last step twice', any, ([how, wanted]) => {
    const { last, begun, done } = stopStory(how, wanted);
    expect(last.killAt).toBe(begun.killAt);
    const once = done.filter(({ action: { verb } }) => !['halt', 'thaw', 'kill', 'watch'].includes(verb));
    expect(new Set(once.map(({ action }) => JSON.stringify(action))).size).toBe(once.length);
  });

  law('sends each further halt or kill later and later', any, ([how, wanted]) => {
    const { done } = stopStory(how, wanted);
    for (const verb of ['halt', 'kill'] as const) {
      const sent = done.filter(({ action }) => action.verb === verb && !('isNag' in action && action.isNag));
      const pauses = sent.slice(1).map(({ at }, index) => at - (sent[index]?.at ?? 0));
      for (const [index, pause] of pauses.entries()) expect(pause).toBeGreaterThanOrEqual(999 * 2 ** index);
    }
  });

  law(
    'asks who listened and does not forget once, and each agent after the first at most once more',
    any,
    ([how, wanted]) => {
      const { done, begun } = stopStory(how, wanted);
      const { armsAt = Number.POSITIVE_INFINITY, init, takenUpAt } = how;
      const { armed, forgets } = waysOf(init, wanted.halt);
      if (forgets || !armed(LISTENING[init])) return;
      const heard = done.filter(({ at, action }) => at >= begun.askedAt + armsAt && isHalt(action));
      expect(heard.length).toBeLessThanOrEqual(1 + takenUpAt.length);
    },
  );

  law('looks at who is killed before it kills', any, ([how, wanted]) => {
    const names = stopStory(how, wanted).done.map(({ action: { verb } }) => verb);
    if (names.includes('kill')) expect(names.indexOf('evidence')).toBeLessThan(names.indexOf('kill'));
    if (names.includes('kill')) expect(names).toContain('evidence');
  });

  test.each(INIT_KINDS)('of %s that does what it is asked sends one thing', (init) => {
    expect(verbs({ ...GOOD, init })).toEqual(['halt', 'release']);
  });

  test('waits for its devices, and not for ever', () => {
    const halted = ({ done, begun }: Story) => (done[0]?.at ?? 0) - begun.askedAt;
    expect(halted(stopStory({ ...GOOD, deviceMs: 300 }, MINUTE))).toBeGreaterThanOrEqual(300);
    expect(halted(stopStory({ ...GOOD, deviceMs: 30_000 }, MINUTE))).toBe(2000);
    expect(verbs({ ...GOOD, deviceMs: 30_000 }, { timeoutMs: 0, before: [] })).toContain('kill');
  });

  test('waits until init listens', () => {
    const { done, begun } = stopStory({ ...GOOD, armsAt: 40 }, MINUTE);
    expect(done.map(({ action: { verb } }) => verb)).toEqual(['halt', 'release']);
    expect((done[0]?.at ?? 0) - begun.askedAt).toBeGreaterThanOrEqual(40);
    expect((done[0]?.at ?? 0) - begun.askedAt).toBeLessThan(100);
  });

  test('asks again where that was lost', () => {
    expect(verbs({ ...GOOD, init: 'runit', loses: 2 })).toEqual(['halt', 'halt', 'halt', 'release']);
  });

  test.each([
    ['runit', 0, 6],
    ['runit', 60_000, 1],
    ['finit', 0, 6],
    ['systemd', 0, 1],
  ] as const)(
    'of %s that seems to hear it %d ms after its start, and takes its time, asks %d times',
    (init, ranMs, times) => {
      const { done } = stopStory({ ...GOOD, init, haltMs: 40_000, shrinkMs: 100 }, MINUTE, ranMs);
      const asked = done.filter(({ action }) => action.verb === 'halt' && !action.isNag);
      expect(asked).toHaveLength(times);
    },
  );

  test.each(['plain', 's6', 'busybox', 'openrc'] as const)('of %s that takes its time asks once', (init) => {
    const { done, begun } = stopStory({ ...GOOD, init, haltMs: 40_000, shrinkMs: 40_000 }, MINUTE);
    const asked = done.filter(({ action }) => action.verb === 'halt');
    expect(asked.map(({ at }) => at - begun.askedAt)).toEqual([0]);
  });

  test('of a plain process is a second one only where the first came before it listened', () => {
    const { done, begun } = stopStory(
      { ...GOOD, init: 'plain', armsAt: 16_000, haltMs: 30_000, shrinkMs: 30_000 },
      MINUTE,
    );
    const asked = done.filter(({ action }) => action.verb === 'halt');
    expect(asked.map(({ at }) => at - begun.askedAt)).toEqual([0, 16_000]);
  });

  test.each([
    [300, 0],
    [3000, 2000],
    [undefined, 2000],
  ] as const)(
    'of a plain process that listens %s ms after its start waits for that no longer than two seconds',
    (armsAt, first) => {
      const { armsAt: _, ...plain } = { ...GOOD, init: 'plain' as const };
      const { done, begun } = stopStory({ ...plain, ...(armsAt && { armsAt }) }, MINUTE, 0);
      const asked = done.flatMap(({ at, action: { verb } }) => (verb === 'halt' ? at - begun.askedAt : []));
      expect(asked[0]).toBeGreaterThanOrEqual(Math.max(first, Math.min(armsAt ?? first, 2000)));
      expect(asked[0]).toBeLessThan(2300);
      expect(asked).toHaveLength(armsAt === 3000 ? 2 : 1);
    },
  );

  test('of an init that comes behind a script that hears nothing asks it when it listens', () => {
    const { done, begun } = stopStory({ ...GOOD, init: 'systemd', execsAt: 3000, armsAt: 3400 }, MINUTE, 0);
    const asked = done.flatMap(({ at, action }) =>
      action.verb === 'halt' ? [[action.init, Math.floor((at - begun.askedAt) / 1000)]] : [],
    );
    expect(asked).toEqual([
      ['plain', 2],
      ['systemd', 3],
    ]);
    expect(done.at(-1)?.action.verb).toBe('release');
    expect(done.map(({ action: { verb } }) => verb)).not.toContain('kill');
  });

  test('of a sysvinit without a pipe asks by its command, at once or five seconds after its start, and is heard', () => {
    const { armsAt: _, ...upstart } = { ...GOOD, init: 'sysvinit' as const, hearsNag: true as const };
    const asked = (ranMs: number) => {
      const { done, begun } = stopStory(upstart, MINUTE, ranMs);
      return done.map(({ at, action }) =>
        action.verb === 'halt' ? { at: at - begun.askedAt, isNag: action.isNag } : action.verb,
      );
    };
    expect(asked(60_000)).toEqual([{ at: 0, isNag: true }, 'release']);
    const late = expect.toSatisfy((at: number) => at >= 5000 && at < 5300);
    expect(asked(0)).toEqual([{ at: late, isNag: true }, 'release']);
  });

  test('of a sysvinit whose pipe comes a moment after its start writes to that', () => {
    const { done } = stopStory({ ...GOOD, init: 'sysvinit', armsAt: 1000 }, MINUTE, 0);
    expect(done.map(({ action }) => action)).toEqual([
      { verb: 'halt', init: 'sysvinit', isNag: false },
      { verb: 'release' },
    ]);
  });

  test('of a sysvinit without a pipe whose command fails asks again, later and later, and by the pipe when that is there', () => {
    const { done, begun } = stopStory({ ...GOOD, init: 'sysvinit', armsAt: 2000 }, MINUTE);
    const asked = done.flatMap(({ at, action }) =>
      action.verb === 'halt' ? [[at - begun.askedAt, action.isNag]] : [],
    );
    expect(asked).toEqual([
      [0, true],
      [1000, true],
      [3000, false],
    ]);
  });

  test('of a guest that stands still lets it go on first', () => {
    expect(verbs({ ...GOOD, freezesAt: 0 })).toEqual(['thaw', 'halt', 'release']);
  });

  test('of a guest that hears nothing goes all the way', () => {
    const { haltMs: _, ...never } = GOOD;
    expect(verbs(never)).toEqual([
      ...['halt', 'halt', 'terminate', 'evidence', 'freeze', 'evidence', 'kill', 'release'],
    ]);
  });

  test.each([
    [59_000, ['halt', 'terminate', 'evidence', 'freeze', 'evidence', 'kill', 'release']],
    [60_000, ['evidence', 'freeze', 'evidence', 'kill', 'release']],
  ])(
    'at which nobody looks before %d of its 60,000 ms are over still asks as long as there is time',
    (lateMs, steps) => {
      const { haltMs: _, ...never } = GOOD;
      const { done } = stopStory({ ...never, lateMs }, MINUTE);
      expect(done.slice(1).flatMap(({ action: { verb } }) => (verb === 'watch' ? [] : verb))).toEqual(steps);
    },
  );

  test('runs the programs before it one after the other', () => {
    const hook = { words: ['true'], timeoutMs: 5000, where: 'guest' } as const;
    const { done, begun } = stopStory({ ...GOOD, hookMs: 300 }, { timeoutMs: 60_000, before: [hook, hook] });
    expect(done.map(({ at, action: { verb } }) => [at - begun.askedAt, verb])).toEqual([
      [0, 'hook'],
      [300, 'hook'],
      [600, 'halt'],
      [2622.5, 'release'],
    ]);
  });

  test('goes on when a program does not end', () => {
    const hook = { words: ['true'], timeoutMs: 5000, where: 'guest' } as const;
    const { done, begun } = stopStory({ ...GOOD, hookMs: 90_000 }, { timeoutMs: 60_000, before: [hook] });
    expect(done.map(({ at, action: { verb } }) => [at - begun.askedAt, verb]).slice(0, 2)).toEqual([
      [0, 'hook'],
      [5000, 'halt'],
    ]);
  });

  test('that has less time than its programs gives them half of it', () => {
    const hook = { words: ['true'], timeoutMs: 50_000, where: 'guest' } as const;
    const { done, begun } = stopStory({ ...GOOD, hookMs: 90_000 }, { timeoutMs: 60_000, before: [hook, hook] });
    expect(done.map(({ at, action: { verb } }) => [at - begun.askedAt, verb]).slice(0, 2)).toEqual([
      [0, 'hook'],
      [30_000, 'halt'],
    ]);
  });

  test('of a guest whose task the kernel does not let end is wedged', () => {
    const { haltMs: _, killMs: __, ...stuck } = GOOD;
    const { last, done } = stopStory(stuck, MINUTE);
    expect(last.phase).toBe('wedged');
    expect(done.filter(({ action: { verb } }) => verb === 'kill')).toHaveLength(4);
  });

  law('looks at what it waits for two seconds after the halt, and not too often', any, ([how, wanted]) => {
    const { done } = stopStory(how, wanted);
    const halted = done.find(({ action: { verb } }) => verb === 'halt')?.at ?? Number.POSITIVE_INFINITY;
    const looks = done.filter(({ action: { verb } }) => verb === 'watch').map(({ at }) => at);
    for (const [index, at] of looks.entries()) expect(at - (looks[index - 1] ?? halted)).toBeGreaterThanOrEqual(1999);
  });

  test('without any time kills at once, after a look', () => {
    expect(verbs(GOOD, { timeoutMs: 0, before: [] })).toEqual([
      ...['evidence', 'freeze', 'evidence', 'kill', 'release'],
    ]);
  });
});

function isHalt(action: StopAction): boolean {
  return action.verb === 'halt' && !action.isNag;
}

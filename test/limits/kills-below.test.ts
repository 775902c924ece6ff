import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Balanced,
  killLogged,
  killsSeen,
  NO_KILLS_BELOW,
  NOTHING_UNLOGGED,
} from '../../src/limits/kills-below.ts';

const EPOCH = 'boot:1';

/** A guest on v1, and who counts its kills. */
class Told {
  counts: Record<string, number> = {};
  now = 0;
  sum = 0;
  known = NO_KILLS_BELOW;
  unlogged = NOTHING_UNLOGGED;

  log(cgroup: string): void {
    const name = this.counts[cgroup] === undefined ? undefined : cgroup;
    this.#take(killLogged(this.known, this.unlogged, name, this.now));
  }

  look(isWhole = true): void {
    this.#take(killsSeen(this.known, EPOCH, { counts: { ...this.counts }, isWhole }, this.now));
  }

  /** What is on the disk is all that the next one has. */
  restart(): void {
    this.known = JSON.parse(JSON.stringify(this.known));
    this.unlogged = NOTHING_UNLOGGED;
  }

  #take({ known, unlogged, kills }: Balanced): void {
    this.known = known;
    this.unlogged = unlogged;
    this.sum += kills;
  }
}

interface Kill {
  readonly cgroup: number;
  /** The kernel's log leaves some out. */
  readonly isLogged: boolean;
  readonly first: 'log' | 'counter';
  readonly looksBetween: boolean;
  readonly after: 'nothing' | 'look' | 'restart' | 'wait';
}

const kill: fc.Arbitrary<Kill> = fc.record({
  cgroup: fc.nat(3),
  isLogged: fc.boolean(),
  first: fc.constantFrom('log' as const, 'counter' as const),
  looksBetween: fc.boolean(),
  after: fc.constantFrom('nothing' as const, 'look' as const, 'restart' as const, 'wait' as const),
});

function happens(told: Told, { cgroup, isLogged, first, looksBetween, after }: Kill): void {
  const name = `${cgroup}`;
  const steps = [
    () => isLogged && told.log(name),
    () => {
      told.counts[name] = (told.counts[name] ?? 0) + 1;
    },
  ];
  told.counts[name] ??= 0;
  const [one, two] = first === 'log' ? steps : steps.toReversed();
  one?.();
  if (looksBetween) told.look();
  told.now += 5;
  two?.();
  if (after === 'look') told.look();
  if (after === 'restart') told.restart();
  if (after === 'wait') told.now += 2000;
}

describe('kills in cgroups of a guest’s own', () => {
  test('are each counted once, whoever tells of them first, over restarts, and whatever the log leaves out', () => {
    fc.assert(
      fc.property(fc.array(kill), (kills) => {
        const told = new Told();
        for (const one of kills) {
          happens(told, one);
          expect(told.sum).toBeLessThanOrEqual(Object.values(told.counts).reduce((sum, count) => sum + count, 0) + 1);
        }
        told.now += 2000;
        told.look();
        expect(told.sum).toBe(kills.length);
        told.look();
        told.look(false);
        expect(told.sum).toBe(kills.length);
      }),
    );
  });

  test('of which the log told stay counted once when the cgroup went before anybody looked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(3), fc.boolean(), (many, seen, isLate) => {
        const told = new Told();
        for (let at = 0; at < many; at += 1) {
          told.counts.a = at + 1;
          if (isLate && at === many - 1) break;
          told.log('a');
          if (at < seen) told.look();
        }
        const { a: _, ...others } = told.counts;
        told.counts = others;
        if (isLate) told.log('a');
        told.look();
        expect(told.sum).toBe(many);
        told.counts.b = 2; // which the log left out
        told.look();
        expect(told.sum).toBe(many + 2);
      }),
    );
  });

  test('that a counter told of, of a cgroup that is gone when the log tells of them, are not counted again', () => {
    const told = new Told();
    told.counts.a = 1;
    told.look();
    told.counts = {};
    told.log('a');
    expect(told.sum).toBe(1);
  });

  test('of another boot have other numbers', () => {
    const told = new Told();
    told.counts.a = 3;
    told.log('a');
    told.look();
    expect(told.sum).toBe(3);
    const { kills } = killsSeen(told.known, 'another:1', { counts: { a: 2 }, isWhole: true }, 0);
    expect(kills).toBe(2);
  });
});

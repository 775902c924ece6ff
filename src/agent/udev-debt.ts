import type { Clock } from '../ports/clock.ts';

/** udev that owes a word and has said nothing at all for so long will not say it. */
const SILENCE_MS = 10_000;

/** The devices, by DEVPATH, that the kernel told of and udev still has to. A busy udevd may take long; a silent one is found out. */
export interface UdevDebt {
  isOwed(devpath: string): boolean;
  owed(): Iterable<string>;
  owe(devpath: string): void;
  settle(devpath: string): void;
  /** udev said something, of whatever device. */
  heard(): void;
  /** Everything was looked at: only these are owed now. */
  replace(devpaths: ReadonlySet<string>): void;
}

export function createUdevDebt(clock: Pick<Clock, 'now' | 'wake'>, silent: () => void): UdevDebt {
  let owed = new Set<string>();
  /** Since when udev could have spoken and has not. */
  let since = 0;
  let armed = false;

  const arm = () => {
    if (armed) return;
    armed = true;
    clock.wake(since + SILENCE_MS, check);
  };
  const check = () => {
    armed = false;
    if (owed.size === 0) return;
    if (clock.now() < since + SILENCE_MS) return arm();
    owed = new Set();
    silent();
  };
  // Who owed something before goes on owing since then, however often everything is looked at.
  const add = (devpaths: Iterable<string>, owedBefore: boolean) => {
    for (const devpath of devpaths) owed.add(devpath);
    if (owed.size === 0) return;
    if (!owedBefore) since = clock.now();
    arm();
  };
  return {
    isOwed: (devpath) => owed.has(devpath),
    owed: () => owed,
    owe: (devpath) => add([devpath], owed.size > 0),
    settle: (devpath) => void owed.delete(devpath),
    heard() {
      since = clock.now();
    },
    replace(devpaths) {
      const owedBefore = owed.size > 0;
      owed = new Set();
      add(devpaths, owedBefore);
    },
  };
}

import type { Clock } from '../ports/clock.ts';

/** udev that owes a word and has said nothing at all for so long will not say it. */
const SILENCE_MS = 10_000;

/** The devices, by DEVPATH, that the kernel told of and udev still has to. A busy udevd may take long; a silent one is found out. */
export interface UdevDebt {
  owe(devpath: string): void;
  settle(devpath: string): void;
  /** udev said something, of whatever device. */
  heard(): void;
  /** Everything was looked at: only these are owed now. */
  replace(devpaths: readonly string[]): void;
}

export function createUdevDebt(clock: Pick<Clock, 'now' | 'wake'>, silent: () => void): UdevDebt {
  const owed = new Set<string>();
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
    owed.clear();
    silent();
  };
  const owe = (devpath: string) => {
    if (owed.size === 0) since = clock.now();
    owed.add(devpath);
    arm();
  };
  return {
    owe,
    settle: (devpath) => void owed.delete(devpath),
    heard() {
      since = clock.now();
    },
    replace(devpaths) {
      owed.clear();
      for (const devpath of devpaths) owe(devpath);
    },
  };
}

import type { Clock } from '../../ports/clock.ts';

/** What is answered in so many milliseconds; undefined: nothing yet. */
export function within<T>(clock: Pick<Clock, 'now' | 'wake'>, ms: number, asked: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = clock.wake(clock.now() + ms, () => resolve(undefined));
    asked.then(resolve, reject).finally(cancel);
  });
}

import { type Answerer, done, pairs, property, text } from './pretended-systemd.ts';

/** What a manager that does what it is asked has of a unit. */
export class PretendedUnit {
  allow: [string, string][] = [['char-pts', 'rw']];
  policy = 'closed';
  /** What each call that changed something named. */
  readonly sets: string[][] = [];

  readonly answer: Answerer = (call) => {
    if (call.text.includes('SetUnitProperties')) {
      this.sets.push(call.words.filter((word) => /^(\/dev|char-|block-)/.test(word)));
      if (call.text.split('DeviceAllow').length > 2) this.allow = [];
      for (const [path = ''] of call.text.matchAll(/\/dev\/[a-z/]+(?:\d+:\d+)?|char-[a-z]+/g))
        this.allow = [...this.allow.filter(([known]) => known !== path), [path, accessBehind(call.text, path)]];
      return done(call);
    }
    return call.text.includes('DevicePolicy')
      ? property(call, 's', text(this.policy))
      : property(call, 'a(ss)', pairs(this.allow));
  };
}

function accessBehind(all: string, path: string): string {
  return /^[^a-z]*([rwm]+)/.exec(all.slice(all.lastIndexOf(path) + path.length))?.[1] ?? '';
}

import { readFileSync } from 'node:fs';

/** A machine as machined knows it. */
export interface Machine {
  /** The init of the machine, by its number on the host. */
  readonly leader: string;
  /** The unit that it runs in. */
  readonly unit: string;
}

/** A file of /run/systemd/machines; undefined: there is none, or what it is about is not run by nspawn. */
export function readMachine(path: string): Machine | undefined {
  try {
    return parseMachine(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** `KEY=VALUE` lines. */
export function parseMachine(text: string): Machine | undefined {
  const values = new Map(
    text.split('\n').flatMap((line) => {
      const [, key, value] = /^([A-Z]+)=(.*)$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value] as const];
    }),
  );
  const leader = values.get('LEADER');
  const unit = values.get('SCOPE') ?? values.get('UNIT');
  if (values.get('SERVICE') !== 'systemd-nspawn' || !leader || !unit) return undefined;
  return { leader, unit };
}

import type { GuestNames } from '../model/observed.ts';

/** A guest's passwd and group files as names to numbers, passwd(5). Lines that are none are passed over: a guest wrote them. */
export function parseNames(passwd: string, group: string): GuestNames {
  return { users: parse(passwd), groups: parse(group) };
}

function parse(text: string): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name = '', , number = ''] = line.split(':');
    // The first line of a name counts, as for getpwnam.
    if (name !== '' && /^\d{1,10}$/.test(number) && !numbers.has(name)) numbers.set(name, Number(number));
  }
  return numbers;
}

import type { DiskFile } from '../model/limit.ts';

/** A file of the guest's cgroup; undefined: it is not there. */
export type ReadFile = (file: string) => string | undefined;

/** The numbers of a file of `NAME NUMBER` lines, such as memory.events or cpu.stat. */
export function flatNumbers(text: string | undefined): ReadonlyMap<string, number> {
  const lines = (text ?? '').split('\n').map((line) => line.split(' '));
  return new Map(lines.flatMap(([name = '', number]) => (number === undefined ? [] : [[name, Number(number)]])));
}

/** The number that is all of a file; undefined where there is none, as in `max`. */
export function oneNumber(text: string | undefined): number | undefined {
  const number = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isNaN(number) ? undefined : number;
}

/** What a control file holds, as it would be written to it: io.weight goes on with a line for each disk. */
export function limitValue(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

/** The lines of a file that has one for each disk, by the disk's number: `io.max 8:0` and what it holds. */
export function diskLines(file: DiskFile, text: string): readonly (readonly [`${DiskFile} ${string}`, string])[] {
  return text.split('\n').flatMap((line) => {
    const [, number, value] = /^(\d+:\d+) (.+)$/.exec(line) ?? [];
    return number === undefined || value === undefined ? [] : [[`${file} ${number}`, value] as const];
  });
}

/** A process's cgroup in each hierarchy, by controller; the one of v2 by the empty name. */
export function cgroupsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .trimEnd()
      .split('\n')
      .flatMap((line) => {
        const [, controllers, ...path] = line.split(':');
        return (controllers ?? '').split(',').map((name) => [name, path.join(':')] as const);
      }),
  );
}

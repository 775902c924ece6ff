import { exactText } from '../amount.ts';
import type { Entry, Item, Verdict } from '../item.ts';
import { decide, policyEntry, taken, type Verdicts } from '../verdict.ts';
import type { Meaning } from './meaning.ts';

const OLD_FILES: ReadonlyMap<string, string> = new Map([
  ['blkio.throttle.read_bps_device', 'rbps'],
  ['blkio.throttle.write_bps_device', 'wbps'],
  ['blkio.throttle.read_iops_device', 'riops'],
  ['blkio.throttle.write_iops_device', 'wiops'],
]);
const KEYS: ReadonlyMap<string, string> = new Map([
  ['rbps', 'read'],
  ['wbps', 'write'],
  ['riops', 'reads'],
  ['wiops', 'writes'],
]);

/** io.max and blkio.throttle.*: what it may do on single disks, each by its number. */
export function diskVerdicts(lines: readonly Meaning[]): Verdicts {
  return new Map(
    lines.flatMap(({ item, name }): readonly (readonly [Item, Verdict])[] => {
      const [number = '', ...words] = item.value.split(/\s+/);
      if (name === 'io.max') return [[item, limitsVerdict(number, words)]];
      const old = OLD_FILES.get(name);
      return old === undefined
        ? []
        : [
            [
              item,
              limitsVerdict(
                number,
                words.map((word) => `${old}=${word}`),
              ),
            ],
          ];
    }),
  );
}

function limitsVerdict(number: string, words: readonly string[]): Verdict {
  if (!/^\d{1,10}:\d{1,10}$/.test(number)) return decide('is no number of a disk');
  const read = words.map(limitOf);
  const limits = read.filter((limit) => limit !== undefined);
  if (limits.length < read.length || limits.length === 0) return decide('is no limit of a disk that is known');
  const entry: Entry = Object.assign({ device: `/dev/block/${number}` }, ...limits);
  if (Object.keys(entry).length === 1) return taken('not limited, which a policy does not say');
  return taken(
    'each second, on the disk that has this number: another name of it stays with it',
    policyEntry('io.devices', entry),
  );
}

// `rbps=1048576`; max, and of the old files 0, is no limit.
function limitOf(word: string): Entry | undefined {
  const [, name = '', value = ''] = /^([a-z]+)=(\d{1,15}|max)$/.exec(word) ?? [];
  const key = KEYS.get(name);
  if (key === undefined) return undefined;
  if (value === 'max' || Number(value) === 0) return {};
  return { [key]: name.endsWith('bps') ? (exactText(BigInt(value)) ?? '') : Number(value) };
}

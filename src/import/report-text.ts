import type { Imported } from './import.ts';
import type { Line, Setting } from './item.ts';
import { entryText } from './yaml-writer.ts';

const FATES = {
  taken: 'taken over',
  none: 'no equivalent',
  decide: 'needs a decision',
  unknown: 'unknown',
} as const;

/** A line for each value of the source, `FILE:LINE: KEY = VALUE: what became of it`, and for what is wrong between them. */
export function reportLines({ files, lines, findings }: Imported): readonly string[] {
  const places = new Map<Setting, string>();
  for (const { path, parts } of files) {
    for (const part of parts) places.set(part.setting, placeOf(path, part.path));
  }
  return [
    ...lines.map((line) => lineText(line, places)),
    ...findings.map(({ guest, level, says }) => `${guest}: ${level}: ${says}`),
  ];
}

/** `policies/web1.yaml memory.rss.limit`, `rules/openvz.yaml rule 2` */
function placeOf(file: string, path: readonly (string | number)[]): string {
  const [first] = path;
  return `${file} ${typeof first === 'number' ? `rule ${first + 1}` : path.filter((step) => typeof step === 'string').join('.')}`;
}

function lineText({ file, line, key, value, verdict }: Line, places: ReadonlyMap<Setting, string>): string {
  const { fate, how, settings } = verdict;
  const as = settings.flatMap((setting) => {
    const place = places.get(setting);
    return place === undefined ? [] : [`${place}${valueText(setting)}`];
  });
  const where = as.length > 0 ? ` as ${as.join(', ')}` : '';
  return `${file}:${line}: ${key}${value === '' ? '' : ` = ${value}`}: ${FATES[fate]}${where} (${how})`;
}

function valueText(setting: Setting): string {
  if (setting.kind === 'rules') return '';
  return ` = ${typeof setting.value === 'object' ? `[${setting.value.map(entryText).join(', ')}]` : String(setting.value)}`;
}

/** `12 taken over, 3 no equivalent, 1 needs a decision, 0 unknown` */
export function summary(lines: readonly Line[]): string {
  return Object.entries(FATES)
    .map(([fate, words]) => `${lines.filter(({ verdict }) => verdict.fate === fate).length} ${words}`)
    .join(', ');
}

import { label } from './explain.ts';
import { oddity } from './number-text.ts';
import { type Complaint, type Path, type Spots, spotKey } from './parsed.ts';

/**
 * Numbers that YAML reads as another one than some reader would: 0x10, 0o17, 017, 1e3. `complaints`: what is wrong already;
 * nothing is said twice of one value.
 */
export function oddNumbers(spots: Spots, complaints: readonly Complaint[]): readonly Complaint[] {
  const known = new Set(complaints.map(({ line, column }) => spotKey([line, column])));
  return [...spots].flatMap(([key, { value, source = '' }]) => {
    const isOdd = /^[-+]?\.?\d/.test(source) && !/^-?(0|[1-9]\d*)$/.test(source);
    if (!isOdd || known.has(spotKey([value.line, value.column]))) return [];
    const why = oddity(source) ?? 'is not written as a decimal number';
    const says = `${label(JSON.parse(key) as Path)}: ${source} ${why}; write ${Number(source)}`;
    return [{ ...value, code: 'E_CONFIG_NUMBER', says }];
  });
}

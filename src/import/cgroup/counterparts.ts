import type { Item, Verdict } from '../item.ts';
import { decide, taken, type Verdicts } from '../verdict.ts';
import type { Meaning } from './meaning.ts';

/** A value for cgroup v2 and its counterpart for v1: one of them is taken, where both are there and differ somebody decides. */
export function counterparts<Amount>(
  lines: readonly Meaning[],
  v2: string,
  v1: string,
  parse: (text: string) => Amount,
  verdict: (amount: Amount) => Verdict,
): Verdicts {
  const second = lines.find(({ name, version }) => name === v2 && version === 2);
  const first = lines.find(({ name, version }) => name === v1 && version === 1);
  const odd = lines.filter((line) => line !== second && line !== first && (line.name === v1 || line.name === v2));
  const verdicts = new Map<Item, Verdict>(
    odd.map(({ item }) => [item, decide('the hierarchy of this line has no such file')]),
  );
  if (second !== undefined) verdicts.set(second.item, verdict(parse(second.item.value)));
  if (first === undefined) return verdicts;
  if (second === undefined) return verdicts.set(first.item, verdict(parse(first.item.value)));
  const isSame = parse(first.item.value) === parse(second.item.value);
  const says = `${second.item.file}:${second.item.line} says ${second.item.value} for cgroup v2`;
  return verdicts.set(
    first.item,
    isSame ? taken(`${says}, which is the same`) : decide(`${says}; a policy has one value`),
  );
}

import type { Problem } from '../model/config.ts';
import { nearest } from '../model/nearest.ts';
import type { Place } from '../model/rule.ts';
import { isMapping } from './is-mapping.ts';
import { type Path, type Spots, spotOf } from './parsed.ts';
import type { PolicyInput } from './policy-schema.ts';
import { quote } from './quote.ts';

/** A policy as its file writes it. */
export interface WrittenPolicy {
  readonly input: PolicyInput;
  readonly file: string;
  readonly spots: Spots;
}

/** A policy on top of its base, and where it is written. */
export interface WholePolicy {
  readonly written: WrittenPolicy;
  readonly input: PolicyInput;
}

/** Each policy with what it builds on below it. One that builds on nothing that is there, or on itself, is a problem. */
export function onTheirBases(policies: readonly WrittenPolicy[]): {
  readonly policies: readonly WholePolicy[];
  readonly problems: readonly Problem[];
} {
  const byName = new Map(policies.map((policy) => [policy.input.policy, policy]));
  const whole: WholePolicy[] = [];
  const problems: Problem[] = [];
  for (const written of policies) {
    const chain = chainOf(written, byName);
    if ('says' in chain) problems.push(chain);
    else
      whole.push({
        written,
        input: chain.reduceRight<PolicyInput>((below, { input }) => over(below, input), { policy: '' }),
      });
  }
  return { policies: whole, problems };
}

/** Where a key of a policy is written; where it is inherited, the policy itself. */
export function policyPlace({ file, spots }: WrittenPolicy, path: Path): Place {
  return { file, ...spotOf(spots, path).value };
}

// From the policy down to what it builds on in the end.
function chainOf(
  written: WrittenPolicy,
  byName: ReadonlyMap<string, WrittenPolicy>,
): readonly WrittenPolicy[] | Problem {
  const chain = [written];
  for (let { base } = written.input; base !== undefined; base = chain.at(-1)?.input.base) {
    const below = byName.get(base);
    const place = policyPlace(chain.at(-1) ?? written, ['base']);
    if (below === undefined) return unknownBase(base, policyPlace(written, ['base']), byName);
    if (chain.includes(below)) return circle([...chain.slice(chain.indexOf(below)), below], place);
    chain.push(below);
  }
  return chain;
}

function unknownBase(base: string, place: Place, byName: ReadonlyMap<string, WrittenPolicy>): Problem {
  const guess = nearest(base, [...byName.keys()]);
  const remedy = guess === undefined ? '' : `did you mean ${quote(guess)}? `;
  const says = `base: no policy ${quote(base)} is in policies/; ${remedy}write it, or leave base out`;
  return { place, code: 'E_CONFIG_NAME', says };
}

function circle(chain: readonly WrittenPolicy[], place: Place): Problem {
  const names = chain.map(({ input }) => quote(input.policy)).join(' builds on ');
  return { place, code: 'E_CONFIG_CONFLICT', says: `base: ${names}; leave out one of them` };
}

/** `input` on top of `below`: mappings are joined key by key, everything else is replaced. Whose it is, is not inherited. */
function over(below: PolicyInput, input: PolicyInput): PolicyInput {
  const { guests: _, ...inherited } = below;
  return joined(inherited, input) as PolicyInput;
}

function joined(below: unknown, above: unknown): unknown {
  if (!isMapping(below) || !isMapping(above)) return above;
  const keys = new Set([...Object.keys(below), ...Object.keys(above)]);
  return Object.fromEntries([...keys].map((key) => [key, key in above ? joined(below[key], above[key]) : below[key]]));
}

import { devPathProblem } from '../../config/dev-path.ts';
import type { Item, RuleDraft, Verdict } from '../item.ts';
import { literalGlob } from '../literal-glob.ts';
import { decide, none, taken, type Verdicts } from '../verdict.ts';

/** DEVNODES by their names, DEVICES by their numbers: each is a rule. */
export function deviceVerdicts(items: readonly Item[]): Verdicts {
  return new Map(
    items.flatMap((item) => {
      if (item.key === 'DEVNODES') return [[item, nodeVerdict(item.value)] as const];
      return item.key === 'DEVICES' ? [[item, numberVerdict(item.value)] as const] : [];
    }),
  );
}

function nodeVerdict(word: string): Verdict {
  const [, name = '', permissions = ''] = /^(?:\/dev\/)?(.+):([rwq]+|none)$/.exec(word) ?? [];
  if (name === '') return word === '' ? taken('no device') : decide(`${JSON.stringify(word)} is no name:permissions`);
  const problem = devPathProblem(`/dev/${name}`);
  if (problem !== undefined) return decide(problem);
  const moves = name.startsWith('bus/usb/') ? MOVES : '';
  return ruleVerdict({ name: literalGlob(name) }, 'one', permissions, `by its name${moves}`);
}

const MOVES =
  '; such a path is another one after every replug: match by attr: { idVendor, idProduct } instead, as lsusb shows them';

function numberVerdict(word: string): Verdict {
  const [, type = '', major, minor, permissions = ''] =
    /^([bc]):(\d{1,10}):(\d{1,10}|all):([rwq]+|none)$/.exec(word) ?? [];
  if (type === '')
    return word === '' ? taken('no device') : decide(`${JSON.stringify(word)} is no c:major:minor:permissions`);
  const isAll = minor === 'all';
  const says =
    'by its number, and with a node, which OpenVZ did not make; leave it out where DEVNODES names the same device';
  return ruleVerdict({ number: `${type} ${major}:${isAll ? '*' : minor}` }, isAll ? 'all' : 'one', permissions, says);
}

function ruleVerdict(match: RuleDraft['match'], take: RuleDraft['take'], permissions: string, says: string): Verdict {
  if (permissions === 'none') return taken('none: it is not given, as anyhow');
  const access = ['r', 'w'].filter((letter) => permissions.includes(letter)).join('');
  if (access === '') return none('a permission to see quotas; hostler has none');
  const quota = permissions.includes('q') ? '; q, to see quotas, has no equivalent' : '';
  return taken(`${says}${quota}`, { kind: 'rules', rule: { match, take, access } });
}

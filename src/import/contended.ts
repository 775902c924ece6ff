import type { Line, RuleDraft } from './item.ts';
import { decide } from './verdict.ts';

/**
 * The lines without rules that would contend for a device: of several ways to give the same one the first in the source is taken, and
 * shared by all who want it that way.
 */
export function contended(lines: readonly Line[]): readonly Line[] {
  const first = new Map<string, { readonly rule: RuleDraft; readonly line: Line }>();
  return lines.map((line) => {
    for (const setting of line.verdict.settings) {
      if (setting.kind !== 'rules') continue;
      const { rule } = setting;
      const device = JSON.stringify(rule.match);
      const before = first.get(device) ?? { rule, line };
      first.set(device, before);
      if (isSame(before.rule, rule)) continue;
      const how = `${before.line.guest} is given the same device with access ${before.rule.access} (${before.line.file}:${before.line.line}), here it is ${rule.access}; write a second rule with a glob for each guest, or give both the same`;
      return { ...line, verdict: decide(how) };
    }
    return line;
  });
}

function isSame(one: RuleDraft, other: RuleDraft): boolean {
  return one.access === other.access && one.take === other.take && one.path === other.path;
}

import { type Guest, unitsIn } from './guest.ts';

/** Whether systemd, which is ending these units, ends the guest by that. */
export function isEndedBy(units: ReadonlySet<string>, { name, runtime, instance }: Guest): boolean {
  const own = unitsIn(instance?.cgroup ?? '');
  const others = runtime === 'lxc' ? [`lxc@${name}.service`, 'lxc.service'] : [];
  return [...own, ...others].some((unit) => units.has(unit));
}

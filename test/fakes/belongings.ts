import type { BelongingsKeeper } from '../../src/ports/belongings.ts';
import type { Machine } from './machine.ts';

/** What the guests of a machine in memory have of the host. */
export function fakeBelongings(machine: Machine): BelongingsKeeper {
  return {
    of: ({ pid }) =>
      machine.line.ask('host', () => {
        const [name = ''] = [...machine.guests].find(([, start]) => start?.instance.pid === pid) ?? [];
        return { ok: true, value: machine.belongings.get(name) ?? [] };
      }),
    left: (has) =>
      machine.line.ask('host', () => {
        const failed = machine.refuse('host', 'leavings');
        if (failed) return { ok: false, failed };
        const value = machine.leavings.filter(({ id }) => has.some((one) => one.id === id));
        return { ok: true, value };
      }),
    takeAway: ({ pid }, { id }) =>
      machine.line.ask('host', () => {
        machine.asked.push(`${pid} take-away ${id}`);
        const failed = machine.refuse(String(pid), 'take-away');
        if (failed) return { ok: false, failed };
        machine.leavings = machine.leavings.filter((one) => one.id !== id);
        return { ok: true, value: undefined };
      }),
    clearShared: (has) =>
      machine.line.ask('host', () => {
        machine.asked.push(`host clear-shared ${has.map(({ id }) => id).join(' ')}`);
        const failed = machine.refuse('host', 'clear-shared');
        return failed ? { ok: false, failed } : { ok: true, value: undefined };
      }),
  };
}

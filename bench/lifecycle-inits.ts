import { INITS, packagesOf } from '../test/kernel/real-inits.ts';
import { type Halt, haltAfter, makeInitGuest } from '../test/scenarios/real-init-guest.ts';
import { createScene } from '../test/scenarios/scene.ts';
import { figures } from './figures.ts';
import { atMost, type Verdict } from './verdicts.ts';

const ROUNDS = Number(process.env.ROUNDS ?? 20);
/** A halt is asked for so long after the start, from the first round to the last. */
const LATEST_MS = 50;

/** Whether every real init is halted in its own way, however soon after its start. */
export async function benchInits(signal: AbortSignal): Promise<readonly Verdict[]> {
  const scene = await createScene({ rules: '[]', udevd: 'absent' });
  const rows: (readonly string[])[] = [['init', 'asked by', 'times', 'asked again', 'harder', 'median s', 'longest s']];
  let harder = 0;
  try {
    for (const init of INITS.filter((one) => packagesOf(one).lack === undefined)) {
      const guest = makeInitGuest(scene, init);
      const halts: Halt[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        signal.throwIfAborted();
        halts.push(await haltAfter(scene, guest, (round * LATEST_MS) / Math.max(1, ROUNDS - 1)));
      }
      const row = rowOf(init.name, halts);
      console.log(row.join('  '));
      rows.push(row);
      harder += halts.filter((halt) => halt.harder.length > 0).length;
    }
  } finally {
    await scene.end();
  }
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  for (const row of rows) console.log(row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '));
  return [atMost(`stops of ${ROUNDS} each that took anything harder than its own way`, 0, harder, 'stops')];
}

function rowOf(name: string, halts: readonly Halt[]): readonly string[] {
  const { median, max } = figures(halts.map(({ seconds }) => seconds));
  const ways = [...new Set(halts.map(({ way }) => way))].join('; ');
  const again = halts.filter(({ asked }) => asked > 1).length;
  const hard = halts.flatMap(({ harder }) => harder).join(' ') || '0';
  return [name, ways, String(halts.length), String(again), hard, median.toFixed(2), max.toFixed(2)];
}

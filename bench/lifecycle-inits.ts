import { INITS, packagesOf, type RealInit } from '../test/kernel/real-inits.ts';
import { type Halt, haltAt, type Moment, makeInitGuest, OWN_WAYS } from '../test/scenarios/real-init-guest.ts';
import { createScene, type Scene } from '../test/scenarios/scene.ts';
import { figures } from './figures.ts';
import { exactly, type Verdict } from './verdicts.ts';

/** Fewer are a look, and no measurement. */
const LEAST = 20;
const ROUNDS = Number(process.env.ROUNDS ?? LEAST);
/** A halt is asked for so long after the start, from the first round to the last. */
const LATEST_MS = 50;
const KINDS: Readonly<Record<string, (round: number) => Moment>> = {
  'when it has booted': () => 'booted',
  [`0 to ${LATEST_MS} ms after its start`]: (round) => (round * LATEST_MS) / Math.max(1, ROUNDS - 1),
};

/** How one was halted each time, or why it could not be. */
interface Row {
  readonly init: RealInit;
  readonly halts: readonly Halt[];
  readonly lack?: string | undefined;
}

/** Whether every real init is halted in its own way, when it has booted and however soon after its start. */
export async function benchInits(signal: AbortSignal): Promise<readonly Verdict[]> {
  const scene = await createScene({ rules: '[]', udevd: 'absent' });
  const verdicts: Verdict[] = [];
  try {
    for (const [kind, moment] of Object.entries(KINDS)) {
      // Most of the time goes by in waiting for an init.
      const rows = await Promise.all(INITS.map((init) => rowOf(scene, init, moment, signal)));
      print(kind, rows);
      const what = `inits halted ${LEAST} times ${kind}, in their own way and by nothing harder`;
      verdicts.push(exactly(what, Object.keys(OWN_WAYS).length, rows.filter(isRight).length, 'inits'));
    }
  } finally {
    await scene.end();
  }
  return verdicts;
}

async function rowOf(
  scene: Scene,
  init: RealInit,
  moment: (round: number) => Moment,
  signal: AbortSignal,
): Promise<Row> {
  const { lack } = packagesOf(init);
  const halts: Halt[] = [];
  if (lack !== undefined) return { init, halts, lack };
  const guest = makeInitGuest(scene, init);
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      signal.throwIfAborted();
      halts.push(await haltAt(scene, guest, moment(round)));
    }
  } finally {
    await guest.destroy(); // its name is for the next one
  }
  return { init, halts };
}

function isRight({ init, halts }: Row): boolean {
  const own = OWN_WAYS[init.name];
  return halts.length >= LEAST && halts.every(({ ways, harder }) => ways.join() === own && harder.length === 0);
}

function print(kind: string, rows: readonly Row[]): void {
  const table = [
    ['init', `asked ${kind}`, 'times', 'asked again', 'harder', 'median s', 'longest s'],
    ...rows.map(cells),
  ];
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0))) ?? [];
  for (const row of table) console.log(row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '));
}

function cells({ init, halts, lack }: Row): readonly string[] {
  if (lack !== undefined) return [init.name, lack, '0'];
  const { median, max } = figures(halts.map(({ seconds }) => seconds));
  const ways = [...new Set(halts.flatMap(({ ways }) => ways))].join('; ');
  const again = halts.filter(({ asked }) => asked > 1).length;
  const hard = halts.flatMap(({ harder }) => harder).join(' ') || '0';
  return [init.name, ways, String(halts.length), String(again), hard, median.toFixed(2), max.toFixed(2)];
}

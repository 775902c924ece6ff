import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { failures, failureText } from '../../src/model/failure.ts';
import type { GuestView as AgentGuest } from '../../src/ports/agent.ts';
import { eventually } from './eventually.ts';
import type { GuestShell } from './guest-shell.ts';
import type { GuestView } from './guest-view.ts';
import { type Evil, evils, PUT, UNDO } from './hostile-evils.ts';
import { startHostileGuest } from './hostile-guest.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene } from './scene.ts';
import { hostDevNames, snapshot } from './snapshot.ts';
import type { TestAgent } from './test-agent.ts';

const GUEST = 'hostile';
const FIRST = 300;
const HOSTLER = join(import.meta.dirname, '../../bin/hostler');

/** One device and one place for each evil: a guest that fights for long over one path is left alone. */
const cases = evils.map((evil, index) => ({ ...evil, number: FIRST + index }));
const folderOf = (number: number) => `/dev/scanners-${number}`;
const nodeOf = (number: number) => `${folderOf(number)}/unit`;
const linkOf = (number: number) => `/dev/front-${number}/scanner`;
const ruleOf = ({ number }: { readonly number: number }) => `
- rule: scanner-${number}
  match: { subsystem: block, sysname: "loop${number}" }
  guest: ${GUEST}
  node: { path: ${nodeOf(number)}, mode: "0640", group: scanner }
  links: [${linkOf(number)}]
`;

describe.skipIf(!onTestHost).each([
  { kind: 'privileged', firstId: undefined },
  { kind: 'unprivileged', firstId: 100_000 },
])('nothing outside is touched when the root of a $kind guest makes', ({ firstId }) => {
  let scene: Scene;
  let shell: GuestShell;
  let inside: GuestView;
  let canary: string;

  beforeAll(async () => {
    canary = mkdtempSync(join(tmpdir(), 'hostler-canary-'));
    scene = await createScene({ rules: cases.map(ruleOf).join(''), ...(firstId && { firstId }) });
    ({ shell, inside } = await startHostileGuest(scene, GUEST));
  });
  afterAll(async () => {
    await shell?.end();
    await scene?.end();
    rmSync(canary, { recursive: true });
  });
  afterEach(() => {
    for (const { number } of cases) if (existsSync(`/sys/block/loop${number}`)) unplugLoop(number);
  });

  test.each(cases.filter(({ privileged }) => !privileged || !firstId))('$says', async (evil) => {
    const { number, code } = evil;
    const own = join(canary, String(number));
    makeDecoys(own, number);
    const before = [hostDevNames(), snapshot(canary)];
    const untouched = () => expect([hostDevNames(), snapshot(canary)]).toEqual(before);
    const isThere = () =>
      eventually(() => {
        expect(inside.node(nodeOf(number))).toBe(`b:7:${number} 0640 0:107`);
        expect(inside.link(linkOf(number))).toBe(nodeOf(number));
      });
    const does = (script: string) => shell.run(`${variables(evil, number, own)}\n${script}`);

    await does(
      `mkdir -p $CANARY ${evil.place === '$NODE' ? '$FOLDER' : '/tmp'} ${evil.place === '$LINK' ? '$FRONT' : '/tmp'}`,
    );
    await does(`${evil.plant}\n${PUT}`);
    plugLoop(number);
    if (code) await eventually(() => expectRefusal(scene.agent, { code, subject: `${GUEST}:${pathOf(evil, number)}` }));
    else await isThere();
    if (code && evil.place !== '$LINK') await eventually(() => expect(inside.blockGrants()).toEqual([]));
    untouched();
    await does(UNDO);
    await isThere();
    expect(inside.blockGrants()).toEqual([`b 7:${number} rw`]);

    await does(`${evil.plant}\n${PUT}`);
    unplugLoop(number);
    await eventually(() => expect(inside.blockGrants()).toEqual([]));
    spawnSync(HOSTLER, ['apply', GUEST, '--socket', scene.agent.controlSocket], { stdio: 'ignore' });
    untouched();
    await does(UNDO);
    // A mount cannot be hidden at once: the agent may have seen, rightly, that nothing was there, and let go of it. So is /dev.
    const isMount = firstId !== undefined || evil.place === '$DEV';
    if (code === 'E_PATH_ESCAPE' && !isMount) await eventually(() => expectGone(inside, number));
    expect(inside.blockGrants()).toEqual([]);
    untouched();
  });
});

function pathOf({ place }: Evil, number: number): string {
  return { $DEV: '/dev', $FOLDER: folderOf(number), $NODE: nodeOf(number), $LINK: linkOf(number) }[place];
}

function variables(evil: Evil, number: number, canary: string): string {
  const path = pathOf(evil, number);
  return [
    `CANARY=${canary} OWN=${evil.place === '$DEV' ? 'tmp' : '../tmp'}`,
    `FOLDER=${folderOf(number)} FRONT=/dev/front-${number}`,
    `PLACE=${path} EVIL=${path}.evil AWAY=${path}.away`,
  ].join('\n');
}

/** What a way out would find on the host: the very node and link that a removal is about, and room for a new one. */
function makeDecoys(canary: string, number: number): void {
  for (const folder of ['.', `scanners-${number}`, `front-${number}`]) {
    mkdirSync(join(canary, folder), { recursive: true });
    execFileSync('mknod', [join(canary, folder, `unit`), 'b', '7', String(number)]);
    symlinkSync(nodeOf(number), join(canary, folder, 'scanner'));
  }
  writeFileSync(join(canary, 'file'), '');
}

/** `show` has the refusal, and the events tell it with what to do about it. */
async function expectRefusal(
  agent: TestAgent,
  wanted: { readonly code: 'E_PATH_ESCAPE' | 'E_NODE_FOREIGN'; readonly subject: string },
) {
  const shown = execFileSync(HOSTLER, ['show', GUEST, '--json', '--socket', agent.controlSocket], { encoding: 'utf8' });
  const { refusals }: AgentGuest = JSON.parse(shown);
  const refusal = refusals.find(({ code, subject }) => code === wanted.code && subject === wanted.subject);
  expect(refusal, shown).toBeDefined();
  const texts = (await agent.events()).map(({ says }) => says);
  if (refusal) expect(texts).toContain(failureText(refusal));
  expect(texts.some((text) => text.includes(wanted.subject) && text.includes(failures[wanted.code].remedy))).toBe(true);
}

function expectGone(inside: GuestView, number: number): void {
  expect(inside.names().filter((name) => name.includes(String(number)))).toEqual([]);
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { exitCodes } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { optionTable } from '../../src/cli/options.ts';
import { checkPaths } from '../../src/config/check.ts';
import { guestSchema } from '../../src/config/guest-schema.ts';
import { policySchema } from '../../src/config/policy-schema.ts';
import { restartSchema } from '../../src/config/restart-schema.ts';
import { ruleSchema } from '../../src/config/rule-schema.ts';
import { settingsSchema } from '../../src/config/settings-schema.ts';
import { startSchema } from '../../src/config/start-schema.ts';
import { stopSchema } from '../../src/config/stop-schema.ts';
import { USUAL_START } from '../../src/lifecycle/start-closure.ts';
import { withStop } from '../../src/lifecycle/stop-times.ts';
import { splitHost } from '../../src/limits/split.ts';
import { configCodes } from '../../src/model/config-code.ts';
import { NO_HISTORY } from '../../src/model/guest-history.ts';
import { type Blocker, PHASES } from '../../src/model/stop.ts';
import type { EvidenceView, GuestLifeView, StoppingView } from '../../src/ports/agent.ts';
import { metricFamilies } from '../../src/report/metrics.ts';
import { agentValue, alerts, events, listed, scan1, scanner, status, tested } from '../control/agent-value.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage } from '../fakes/stage.ts';
import { everything } from '../report/everything.ts';

const folder = new URL('../../packaging/man/', import.meta.url).pathname;
const manual = readFileSync(join(folder, 'hostler.8'), 'utf8');
const rulesManual = readFileSync(join(folder, 'hostler-rules.5'), 'utf8');
const settingsManual = readFileSync(join(folder, 'hostler.yaml.5'), 'utf8');
const policiesManual = readFileSync(join(folder, 'hostler-policies.5'), 'utf8');

const life: Required<GuestLifeView> = {
  doing: 'late',
  awaits: 'port 5432',
  startedAt: '',
  end: { at: '', why: 'stopped' },
  stops: { count: 1, killed: 0, lastMs: 1, mostMs: 1 },
  crashes: 0,
  reboots: 0,
  isUnclean: true,
};
const stopping: StoppingView = { phase: 'drain', leftMs: 1, waits: '' };
const blocker: Required<Blocker> = {
  pid: 1,
  startTime: '1',
  command: 'sh',
  state: 'D',
  waitsIn: '',
  mount: '',
  call: '0',
  cgroup: '/',
};
const evidence: EvidenceView = { at: '', why: 'killed', says: '', count: 1, processes: [blocker] };

function between(text: string, from: string, to: string): string {
  return text.slice(text.indexOf(`.Sh ${from}\n`), text.indexOf(`.Sh ${to}\n`));
}

function items(part: string, pattern: RegExp): readonly (string | undefined)[] {
  return [...part.matchAll(pattern)].map((found) => found[1]).sort();
}

test('the manual has every command, option and exit status, and no others', () => {
  const names = commands.map(({ name }) => name).sort();
  expect(items(between(manual, 'COMMANDS', 'HOW A GUEST IS STOPPED'), /^\.It Cm (\S+)/gm)).toEqual(names);
  const options = Object.keys(optionTable).sort();
  expect(items(between(manual, 'OPTIONS', 'JSON'), /^\.It .*Fl -(\S+)/gm)).toEqual(options);
  for (const [code, says] of Object.entries(exitCodes)) expect(manual).toContain(`.It ${code}\n${says}\n`);
});

test('the manual tells what every command prints with --json, and of no other', () => {
  const told = [...between(manual, 'JSON', 'CODES OF CONFIGURATION').matchAll(/^\.It Cm (.*)$/gm)];
  const names = told.flatMap(([, list = '']) => list.split(' , ')).filter((name) => name !== 'plan shutdown');
  expect(names.sort()).toEqual(commands.flatMap(({ name, options }) => (options.includes('json') ? name : [])).sort());
});

test('the manual names every phase of a stop, in order', () => {
  const part = manual.slice(manual.indexOf('.Ss Phases\n'), manual.indexOf('.Ss What it waits for\n'));
  expect([...part.matchAll(/^\.It Cm (.*)$/gm)].map(([, name]) => name)).toEqual(PHASES);
});

test('the manual names every field that --json prints', async () => {
  const part = between(manual, 'JSON', 'CODES OF CONFIGURATION');
  const [plan] = await agentValue().plan();
  const [web1Limits] = agentValue().limits('web1');
  const views = [
    ...listed,
    listed[0]?.usage,
    listed[1]?.tokens,
    scan1,
    scanner,
    agentValue().why('/dev/loop7'),
    plan,
    web1Limits,
    web1Limits?.rows[0],
    alerts,
    ...[...alerts.open, ...alerts.recent, ...alerts.sinks, ...tested],
    status,
    status.config,
    events[1],
    scan1.nodes[0],
    life,
    life.end,
    life.stops,
    stopping,
    { evidence },
    evidence,
    blocker,
  ];
  const fields = views.flatMap((view) => Object.keys(view ?? {}));
  expect(fields.length).toBeGreaterThan(40);
  for (const field of fields) expect(part, field).toMatch(new RegExp(`^\\.(It )?.*\\b${field}\\b`, 'm'));
});

test('the manual names every field of plan shutdown, and no others', async () => {
  const [item = ''] =
    /^\.It Cm plan shutdown\n[\s\S]*?(?=^\.It )/m.exec(between(manual, 'JSON', 'CODES OF CONFIGURATION')) ?? [];
  const named = [...item.matchAll(/^\.(?:Pq )?Cm (.*)$/gm)].flatMap(([, list = '']) => list.match(/\w+/g) ?? []);
  const machine = new Machine();
  machine.shutdownLimits = [
    { name: 'TimeoutStopSec', ends: 'guests', isOurs: true },
    { name: 'JobTimeoutSec', ends: 'guests', unread: 'no bus' },
  ];
  for (const guest of ['db', 'web']) machine.start(guest);
  const config = configOf();
  const waiting = { ...config, guests: [{ guest: 'web', start: { ...USUAL_START, after: ['db'] } }] };
  const ports = portsOf(machine, waiting);
  ports.store.saveHistory('db', withStop(NO_HISTORY, { at: 0, tookMs: 60_000, killed: true }));
  const { agent } = stage(machine, waiting, ports);
  await agent.start();
  const view = await agent.control.planShutdown(30_000);
  const parts = [view, view.smallest, ...view.stops, ...view.limits];
  expect(new Set(named)).toEqual(new Set(parts.flatMap((part) => Object.keys(part ?? {}))));
});

test('the manual has every metric, and no others', () => {
  const names = [...metricFamilies(everything)].map(({ name }) => name);
  const named = between(manual, 'METRICS', 'EXIT STATUS').match(/\bhostler_\w+/g) ?? [];
  expect([...new Set(named)].sort()).toEqual(names.sort());
});

test('the manual has every code of the configuration, with what it means', () => {
  const part = between(manual, 'CODES OF CONFIGURATION', 'ENVIRONMENT').toLowerCase();
  for (const [code, says] of Object.entries(configCodes))
    expect(part).toContain(`.it ${code}\n${says}.\n`.toLowerCase());
});

test('the manual of the rules has every key of a rule and of a match, and no others', () => {
  const keys = (part: string) =>
    [...part.matchAll(/^\.It (Cm .*)$/gm)].flatMap(([, list = '']) => list.match(/\w\w+/g) ?? []);
  const named = (from: string, to: string) =>
    keys(between(rulesManual, from, to))
      .filter((word) => word !== 'Cm')
      .sort();
  const nodeKeys = ['path', 'mode', 'owner', 'group'];
  expect(named('KEYS OF A RULE', 'KEYS OF A MATCH')).toEqual([...Object.keys(ruleSchema.shape), ...nodeKeys].sort());
  const matchKeys = 'subsystem devtype name sysname driver property attr parent port below link number tag not'.split(
    ' ',
  );
  expect(named('KEYS OF A MATCH', 'FILES OF GUESTS')).toEqual(matchKeys.sort());
});

test('the manual of the rules has every key of a guest, of its start, its restarts and its stop, and no others', () => {
  const part = between(rulesManual, 'FILES OF GUESTS', 'EXAMPLES');
  const shapes = [guestSchema, startSchema, restartSchema, stopSchema].flatMap(({ shape }) => Object.keys(shape));
  expect(items(part, /^\.It Cm (\w+)/gm)).toEqual(shapes.sort());
});

test('the manual of the policies has every key of a policy, and no others', () => {
  const items = [...between(policiesManual, 'KEYS', 'GUARANTEES').matchAll(/^\.It Cm (.*)$/gm)];
  const named = items.flatMap(([, list = '']) => list.split(' , '));
  expect(named.sort()).toEqual([...leavesOf(z.toJSONSchema(policySchema, { io: 'input' }))].sort());
});

test('the figures of the manual are what a host is divided into', () => {
  const GiB = 2 ** 30;
  const capacity = { cpus: 1, ramBytes: 4 * GiB, swapBytes: 2 * GiB, processes: 32_768 };
  const { beancounters } = splitHost({ capacity, reserve: { cpu: 0, memoryBytes: 0 } }, 4) ?? {};
  const rows = [...between(policiesManual, 'SIZING', 'EXAMPLES').matchAll(/^\.It (\w+) Ta (\d+):(\d+|max)/gm)];
  expect(rows).toHaveLength(4);
  for (const [, name = '', barrier, limit] of rows) {
    const end = limit === 'max' ? Number.POSITIVE_INFINITY : Number(limit);
    expect(Object.entries(beancounters ?? {})).toContainEqual([name, { barrier: Number(barrier), limit: end }]);
  }
});

test.each([
  ['rule or guest', rulesManual, 6],
  ['policy', policiesManual, 3],
  ['setting', settingsManual, 1],
])('every %s in its manual is one that hostler accepts', async (what, text, count) => {
  const scratch = mkdtempSync(join(tmpdir(), 'hostler-manual-'));
  const examples = [...text.matchAll(/^\.Bd -literal.*\n([\s\S]*?)^\.Ed$/gm)].map((found) => found[1] ?? '');
  expect(examples).toHaveLength(count);
  const files = examples.map((text, at) => {
    const file = join(scratch, what === 'setting' ? 'hostler.yaml' : `${at}.yaml`);
    writeFileSync(file, text);
    return file;
  });
  expect((await checkPaths(files, {})).problems).toEqual([]);
  rmSync(scratch, { recursive: true });
});

test('the manual of the settings has every key of hostler.yaml, and no others', () => {
  const items = between(settingsManual, 'KEYS', 'FILES OF GUESTS').match(/\bCm [\w.-]+( , [\w.-]+)*/g) ?? [];
  const named = new Set(items.flatMap((list) => list.slice('Cm '.length).split(' , ')).filter((word) => word !== 'No'));
  const { properties } = z.toJSONSchema(settingsSchema, { io: 'input' });
  for (const key of leavesOfAny(properties ?? {})) {
    const said = [...named].some((name) => key === name || key.endsWith(`.${name}`) || name.endsWith(`.${key}`));
    expect(said, key).toBe(true);
  }
  const words = new Set([...leavesOfAny(properties ?? {})].flatMap((key) => key.split('.')));
  for (const name of named) for (const word of name.split('.')) expect(words, name).toContain(word);
});

test.each(['hostler.8', 'hostler.yaml.5', 'hostler-rules.5', 'hostler-policies.5'])(
  '%s is set without a warning',
  (page) => {
    const set = setPage(join(folder, page));
    expect(set).toMatchObject({ status: 0, stderr: '' });
    expect(set.stdout).toContain('EXAMPLES');
  },
);

test('the page that is made of the help has all of it, and is set without a warning', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'hostler-manual-'));
  const script = new URL('../../scripts/manual.ts', import.meta.url).pathname;
  const { stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  const page = join(scratch, 'hostler.1');
  writeFileSync(page, stdout);
  const set = setPage(page);
  expect(set).toMatchObject({ status: 0, stderr: '' });
  const words = (text: string) => text.replaceAll(/\s+/g, '');
  for (const { about, examples } of commands)
    for (const paragraph of [...about, ...examples.map(({ line }) => line)])
      expect(words(set.stdout)).toContain(words(paragraph));
  rmSync(scratch, { recursive: true });
});

function setPage(file: string) {
  const environment = { ...process.env, MANWIDTH: '80', MANOPT: '--nh --nj' };
  return spawnSync('man', ['-l', '--warnings', file], { encoding: 'utf8', env: environment });
}

/** As `leavesOf`, also below lists and alternatives. */
function leavesOfAny(properties: object, path = ''): readonly string[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const here = path === '' ? key : `${path}.${key}`;
    const inner = [schema, schema.items, ...(schema.anyOf ?? [])].find((one) => one?.properties !== undefined);
    return inner === undefined ? [here] : leavesOfAny(inner.properties, here);
  });
}

/** `memory.rss.limit`: the keys of a JSON Schema that hold no further ones; those of a list's entries as of the list. */
function leavesOf(schema: object, path = ''): readonly string[] {
  const { properties, items } = schema as { properties?: Readonly<Record<string, object>>; items?: object };
  if (items !== undefined && 'properties' in items) return leavesOf(items, path);
  if (properties === undefined) return [path];
  return Object.entries(properties).flatMap(([key, inner]) => leavesOf(inner, path === '' ? key : `${path}.${key}`));
}

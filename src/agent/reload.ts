import { isDeepStrictEqual } from 'node:util';
import { askedFacts } from '../devices/asked.ts';
import { guaranteeProblems } from '../limits/admission.ts';
import type { Config, Problem } from '../model/config.ts';
import type { Refusal } from '../model/failure.ts';
import type { ReloadView } from '../ports/agent.ts';
import type { Asked } from '../ports/devices.ts';
import { backoffMs } from './backoff.ts';
import { enumerate } from './enumerate.ts';
import type { World } from './world.ts';

const NOTHING = { added: 0, changed: 0, removed: 0 };

/** Reads the configuration and, when nothing in it is wrong, puts it in force; otherwise the one before stays. */
export function reload(world: World): Promise<ReloadView> {
  // One after the other: what was read last is in force last.
  const reloaded = world.reloaded.then(() => reloadNow(world));
  world.reloaded = reloaded;
  return reloaded;
}

/** A guest came or went: what was wrong, a rule for a guest that nobody knows or guarantees for too many, may be right now. */
export function reloadForOtherGuests(world: World): void {
  if (!world.ready || world.problems.length === 0 || world.rechecks) return;
  world.rechecks = true;
  void reload(world).then(() => {
    world.rechecks = false;
  });
}

async function reloadNow(world: World): Promise<ReloadView> {
  const known = [...world.records.keys()];
  const loaded = await world.ports.configuration.load(known);
  if (!loaded.ok) {
    // Judged by guests that are not those of the host any more.
    if (!isDeepStrictEqual(known, [...world.records.keys()])) return reloadNow(world);
    return refused(world, loaded.problems);
  }
  const unkept = guaranteeProblems(loaded.config, [...world.records.keys()], world.ports.cgroups.capacity());
  if (unkept.length > 0) return refused(world, unkept);
  world.problems = [];
  const rules = difference(world.config, loaded.config);
  if (isDeepStrictEqual(world.config, loaded.config)) return { problems: [], rules };
  await putInForce(world, loaded.config);
  if (loaded.config.settings.lxcPath !== world.settings.lxcPath) world.report.refusal(restartNeeded(world));
  const { added, changed, removed } = rules;
  world.report.fact({
    kind: 'config',
    says: `configuration in force: ${loaded.config.rules.length} rules (${added} added, ${changed} changed, ${removed} removed)`,
  });
  return { problems: [], rules };
}

/** What only a new start of the agent takes in. */
export function restartNeeded({ config, settings, ports }: World): Refusal {
  const detail = `lxcPath is ${config.settings.lxcPath} now, and ${settings.lxcPath} goes on being used`;
  return { code: 'W_RESTART', subject: ports.configuration.folder, detail };
}

/** The configuration on disk cannot be used; another one is in force. */
function refused(world: World, problems: readonly Problem[]): ReloadView {
  world.counters.add('config_reload_failures_total');
  world.problems = problems;
  const subject = world.ports.configuration.folder;
  world.report.refusal({ code: 'E_CONFIG', subject, detail: problemsText(problems) });
  return { problems, rules: NOTHING };
}

/** One turn puts it in force; the passes over every guest apply only the difference. */
export async function putInForce(world: World, config: Config): Promise<void> {
  const asked = askedFacts(config.rules);
  await listen(world, asked, heardSubsystems(asked));
  world.config = config;
  world.alerts.use(config.settings.alerts);
  world.metrics.use(config.settings.metrics);
  keepForLater(world, config);
  world.loadedAt = world.ports.clock.calendar();
  world.asked = asked;
  enumerate(world, 'new configuration');
  for (const name of world.records.keys()) world.limiter.look(name);
  world.starts.look();
}

// An agent that hears no device is deaf; everything is looked at again when it hears.
async function listen(world: World, asked: Asked, heard: Asked['subsystems'], tries = 1): Promise<void> {
  const { host, clock } = world.ports;
  const answer = await host.listen(heard);
  if (answer.ok || answer.failed.call === 'executor') return;
  const { call, errno } = answer.failed;
  if (tries === 1) world.report.refusal({ code: 'E_WATCH', subject: 'uevents', detail: `${call} ${errno}` });
  clock.wake(clock.now() + backoffMs(tries + 2), () => {
    if (world.asked === asked) void listen(world, asked, heard, tries + 1).then(() => enumerate(world, 'heard again'));
  });
}

// Of disks also where no rule asks for any: a policy may name them, and a guest may leave loop devices.
function heardSubsystems({ subsystems }: Asked): Asked['subsystems'] {
  return subsystems === 'all' ? subsystems : [...new Set([...subsystems, 'block'])].sort();
}

/** What an agent that starts while the folder is broken goes by. */
function keepForLater(world: World, config: Config, tries = 1): void {
  if (world.config !== config) return; // another one is in force by now
  const [refusal] = world.ports.store.saveGoodConfig(config);
  world.unsaved = refusal;
  if (refusal === undefined) return;
  if (tries === 1) world.report.refusal(refusal);
  const { clock } = world.ports;
  clock.wake(clock.now() + backoffMs(tries), () => keepForLater(world, config, tries + 1));
}

// The first one with its place; `hostler status` has them all.
function problemsText([first, ...others]: readonly Problem[]): string {
  if (first === undefined) return '';
  const { file, line, column } = first.place;
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return `${file}:${line}:${column}: ${first.says} [${first.code}]${more}`;
}

function difference(before: Config, after: Config) {
  const known = new Map(before.rules.map((rule) => [rule.name, rule]));
  const names = new Set(after.rules.map(({ name }) => name));
  return {
    added: after.rules.filter(({ name }) => !known.has(name)).length,
    changed: after.rules.filter((rule) => known.has(rule.name) && !isDeepStrictEqual(known.get(rule.name), rule))
      .length,
    removed: before.rules.filter(({ name }) => !names.has(name)).length,
  };
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { ShutdownLimit } from '../model/shutdown.ts';
import type { ShutdownLimits } from '../ports/shutdown.ts';
import { timeSpanMs } from './time-span.ts';

const GUESTS = 'hostler-guests.service';
const TARGETS = ['reboot.target', 'poweroff.target'] as const;
const LONGEST_MS = 5000;
const UNIT_PROPERTIES = ['Id', 'ActiveState', 'TimeoutStopUSec', 'JobTimeoutUSec'];

/** Runs a program and answers what it printed; rejects when it fails. */
export type Ask = (program: string, words: readonly string[]) => Promise<string>;

/** As systemd and logind have them now. */
export function systemdLimits(ask: Ask = askProgram, runs = () => existsSync('/run/systemd/system')): ShutdownLimits {
  return {
    async read() {
      if (!runs()) return [];
      const [units, manager, login] = await Promise.all([
        asked(ask('systemctl', ['show', GUESTS, ...TARGETS, `--property=${UNIT_PROPERTIES.join(',')}`])),
        asked(ask('systemctl', ['show', '--property=RebootWatchdogUSec'])),
        asked(ask('busctl', ['--system', 'get-property', ...LOGIN, 'InhibitDelayMaxUSec'])),
      ]);
      return [
        ofGuests(units),
        ...TARGETS.map((target) => ofTarget(units, target)),
        limit('RebootWatchdogSec of systemd', 'after', manager, (text) => span(text, 'RebootWatchdogUSec')),
        limit('InhibitDelayMaxSec of logind', 'before', login, (text) => microseconds(text)),
      ];
    },
  };
}

const LOGIN = ['org.freedesktop.login1', '/org/freedesktop/login1', 'org.freedesktop.login1.Manager'];

type Asked = { readonly text: string } | { readonly unread: string };

function ofGuests(units: Asked): ShutdownLimit {
  const name = `TimeoutStopSec of ${GUESTS}`;
  const block = blockOf(units, GUESTS);
  if ('text' in block && !/^ActiveState=active$/m.test(block.text))
    return { name, ends: 'guests', unread: 'it is not active: guests are ended by what they were started by' };
  const read = limit(name, 'guests', block, (text) => span(text, 'TimeoutStopUSec'));
  return 'unread' in block ? read : { ...read, isOurs: true };
}

function ofTarget(units: Asked, target: string): ShutdownLimit {
  const read = (text: string) => span(text, 'JobTimeoutUSec');
  return limit(`JobTimeoutSec of ${target}`, 'guests', blockOf(units, target), read);
}

function limit(
  name: string,
  ends: ShutdownLimit['ends'],
  asked: Asked,
  read: (text: string) => number | undefined,
): ShutdownLimit {
  if ('unread' in asked) return { name, ends, unread: asked.unread };
  const ms = read(asked.text);
  return { name, ends, ...(ms !== undefined && { ms }) };
}

/** What was printed of one of several units: they are parted by an empty line. */
function blockOf(units: Asked, unit: string): Asked {
  if ('unread' in units) return units;
  const block = units.text.split('\n\n').find((one) => one.split('\n').includes(`Id=${unit}`));
  return block === undefined ? { unread: 'systemd knows no such unit' } : { text: block };
}

function span(text: string, property: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${property}=`));
  return line === undefined ? undefined : timeSpanMs(line.slice(property.length + 1));
}

// "t 5000000"
function microseconds(text: string): number | undefined {
  const [, us] = /^t (\d+)\s*$/.exec(text) ?? [];
  return us === undefined ? undefined : Number(us) / 1000;
}

async function asked(answer: Promise<string>): Promise<Asked> {
  try {
    return { text: await answer };
  } catch (error) {
    return { unread: error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error) };
  }
}

function askProgram(program: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { encoding: 'utf8', timeout: LONGEST_MS, env: { ...process.env, LC_ALL: 'C' } } as const;
    execFile(program, [...words], options, (error, text) => (error === null ? resolve(text) : reject(error)));
  });
}

import type { GuestInstance } from '../model/guest.ts';
import type { InitFacts } from '../model/init-facts.ts';
import type { Blocker, Occupants } from '../model/stop.ts';
import type { Answer } from '../ports/executor.ts';
import type { InitState, Life, Probe, ProgramEnd } from '../ports/life.ts';
import type { Channel, Reply } from './channel.ts';
import { runProgram } from './sinks/run-program.ts';
import { takesConnections } from './takes-connections.ts';

/** Below the guest's root; its runtime tells its init of it (NOTIFY_SOCKET). */
const NOTIFY_SOCKET = 'dev/hostler-notify';
/** A process of the executor hears until then, also when nobody wants to know any more. */
const HEAR_S = 600;

/** The executor's verbs for the starts and the end of guests as typed calls; native/executor/PROTOCOL.md has their meaning. */
export function executorLife(channel: Channel): Life {
  const ask = async <T>(
    verb: string,
    { pid, startTime, cgroup }: GuestInstance,
    words: readonly string[],
    read: (reply: Reply) => T,
  ): Promise<Answer<T>> => {
    const answer = await channel.request(verb, String(pid), startTime, cgroup, ...words);
    return answer.ok ? { ok: true, value: read(answer.value) } : answer;
  };
  return {
    async start({ runtime, name, folder }) {
      const answer = await channel.request('start-guest', runtime, name, ...(folder === undefined ? [] : [folder]));
      return answer.ok ? { ok: true, value: undefined } : answer;
    },
    async reaches(instance, probe) {
      if (probe.kind === 'tcp' && probe.host !== undefined)
        return { ok: true, value: await takesConnections(probe.host, probe.port) };
      return ask('reach', instance, probeWords(probe), ({ words: [is] }) => is === 'yes');
    },
    hearReady: (instance) => ask('hear-ready', instance, [NOTIFY_SOCKET, String(HEAR_S)], () => undefined),
    initState: (instance) => ask('init-state', instance, [], initState),
    halt: (instance, way) => ask('halt', instance, wayWords(way), () => undefined),
    run: (instance, seconds, words) => ask('run-inside', instance, [String(seconds), ...words], programEnd),
    async runOnHost(guest, seconds, [program = '', ...others]) {
      const sent = await runProgram(
        [program, ...others],
        '',
        { HOSTLER_GUEST: guest },
        AbortSignal.timeout(seconds * 1000),
      );
      return sent.ok ? undefined : sent.reason;
    },
    terminate: (instance) => ask('terminate', instance, [], count),
    evidence: (instance, cgroupId) => ask('evidence', instance, named(cgroupId), occupants),
    watchEnd: (guest, instance, cgroupId) =>
      ask('watch-end', instance, [guest, ...named(cgroupId)], ({ words }) => words[0] ?? ''),
    unwatchEnd: async (guest) => void (await channel.request('unwatch-end', guest)),
    kill: (instance, cgroupId) => ask('kill-guest', instance, [cgroupId || '-'], count),
  };
}

function probeWords(probe: Probe): readonly string[] {
  switch (probe.kind) {
    case 'tcp':
      return ['tcp', String(probe.port)];
    case 'socket':
      return ['unix', probe.path];
    case 'file':
      return ['file', probe.path];
  }
}

function named(cgroupId: string): readonly string[] {
  return cgroupId === '' ? [] : [cgroupId];
}

function wayWords(way: Parameters<Life['halt']>[1]): readonly string[] {
  switch (way.kind) {
    case 'signal':
      return ['signal', String(way.signal)];
    case 'initctl':
      return ['initctl', String(way.level)];
    case 'runit':
      return ['runit'];
  }
}

function initState({ words }: Reply): InitState {
  const [exe = '', comm = '', blocked = '', ignored = '', caught = '', waited = '', initctl, cgroupId = ''] = words;
  const facts: InitFacts = {
    exe,
    comm,
    blocked: mask(blocked),
    ignored: mask(ignored),
    caught: mask(caught),
    ...(waited !== '-' && { waited: mask(waited) }),
    hasInitctl: initctl === 'fifo',
  };
  return { facts, cgroupId };
}

function mask(digits: string): bigint {
  return BigInt(`0x${digits}`);
}

function programEnd({ words: [status, output = ''] }: Reply): ProgramEnd {
  return { status: Number(status), output };
}

function count({ words: [number] }: Reply): number {
  return Number(number);
}

function occupants(reply: Reply): Occupants {
  return { named: reply.rows.map(blocker), count: count(reply) };
}

function blocker([pid, startTime = '', , ...seen]: readonly string[]): Blocker {
  const [state = '', command = '', waitsIn = '', call = '', cgroup = '', mount = '-'] = seen;
  return { pid: Number(pid), startTime, state, command, waitsIn, call, cgroup, ...(mount !== '-' && { mount }) };
}

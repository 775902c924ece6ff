import { describe, expect, test } from 'vitest';
import { HALT_WAYS, waysOf } from '../../src/lifecycle/halt-ways.ts';
import { SIGTERM } from '../../src/lifecycle/signals.ts';
import { INIT_KINDS } from '../../src/model/halt.ts';
import { deaf, LISTENING, signals } from './init-facts.ts';

describe('the ways to halt', () => {
  test.each(INIT_KINDS)('%s hears its own when it listens, and not before', (kind) => {
    const { armed } = HALT_WAYS[kind];
    expect(armed(LISTENING[kind])).toBe(true);
    expect(armed(deaf(LISTENING[kind]))).toBe(false);
  });

  test.each(INIT_KINDS)('%s is never sent what it takes for something else', (kind) => {
    const { halt, nag, dangerous } = HALT_WAYS[kind];
    const sent = [halt, nag].flatMap((way) => (way.kind === 'signal' ? way.signal : []));
    expect(dangerous.filter((signal) => sent.includes(signal))).toEqual([]);
  });

  test.each(['busybox', 'finit'] as const)('%s is not sent SIGTERM, which reboots it', (kind) => {
    expect(HALT_WAYS[kind].dangerous).toContain(SIGTERM);
  });

  test.each(INIT_KINDS)('%s has a second way that is another one', (kind) => {
    expect(HALT_WAYS[kind].nag).not.toEqual(HALT_WAYS[kind].halt);
  });

  test('are those of the init that the file of the guest names', () => {
    expect(waysOf('plain', { kind: 'init', init: 'openrc' })).toBe(HALT_WAYS.openrc);
  });

  test('begin with the one that the file of the guest names, and go on with that of its init', () => {
    const { halt, nag, armed } = waysOf('systemd', { kind: 'signal', signal: 38 });
    expect([halt, nag]).toEqual([{ kind: 'signal', signal: 38 }, HALT_WAYS.systemd.nag]);
    expect(armed(LISTENING.systemd)).toBe(true);
    expect(armed({ ...LISTENING.systemd, blocked: signals(37) })).toBe(false);
  });

  test('by a program or a pipe wait for no signal', () => {
    expect(waysOf('plain', { kind: 'command', words: ['poweroff'] }).armed(deaf(LISTENING.plain))).toBe(true);
    expect(waysOf('plain', { kind: 'initctl', level: 0 }).armed(LISTENING.sysvinit)).toBe(true);
    expect(waysOf('plain', { kind: 'initctl', level: 0 }).armed(LISTENING.plain)).toBe(false);
  });
});

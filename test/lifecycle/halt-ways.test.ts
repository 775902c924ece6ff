import { describe, expect, test } from 'vitest';
import { HALT_WAYS, isDeaf, keeps, waysOf } from '../../src/lifecycle/halt-ways.ts';
import { SIGTERM } from '../../src/lifecycle/signals.ts';
import { INIT_KINDS } from '../../src/model/halt.ts';
import { deaf, LISTENING, signals, UPSTART } from './init-facts.ts';

describe('the ways to halt', () => {
  test.each(INIT_KINDS)('%s hears its own when it listens, and not before', (kind) => {
    const { armed } = HALT_WAYS[kind];
    expect(armed(LISTENING[kind])).toBe(true);
    expect(armed(deaf(LISTENING[kind]))).toBe(false);
  });

  test.each(INIT_KINDS)('%s is never sent what it takes for something else', (kind) => {
    const { halt, nag, dangerous } = HALT_WAYS[kind];
    const sent = [halt, nag].flatMap((way) => (way?.kind === 'signal' ? way.signal : []));
    expect(dangerous.filter((signal) => sent.includes(signal))).toEqual([]);
  });

  test.each(['busybox', 'finit'] as const)('%s is not sent SIGTERM, which reboots it', (kind) => {
    expect(HALT_WAYS[kind].dangerous).toContain(SIGTERM);
  });

  test.each(INIT_KINDS)('%s has no second way that is the first one again', (kind) => {
    expect(HALT_WAYS[kind].nag).not.toEqual(HALT_WAYS[kind].halt);
  });

  test.each(['plain', 's6'] as const)('%s is sent no second signal, whatever the file of the guest names', (kind) => {
    expect(HALT_WAYS[kind].nag).toBeUndefined();
    expect(waysOf(kind, { kind: 'signal', signal: 2 }).nag).toBeUndefined();
  });

  test.each(INIT_KINDS)('%s keeps what it is sent where it listens, unless it forgets', (kind) => {
    const ways = HALT_WAYS[kind];
    expect(keeps(ways, LISTENING[kind], 0)).toBe(!['systemd', 'runit', 'finit'].includes(kind));
    expect(keeps(ways, deaf(LISTENING[kind]), 60_000)).toBe(false);
  });

  test('dumb-init keeps it when the program that it hands it on to is there', () => {
    const facts = { ...LISTENING.plain, exe: '/usr/bin/dumb-init' };
    expect([0, 1999, 2000].map((ranMs) => keeps(HALT_WAYS.plain, facts, ranMs))).toEqual([false, false, true]);
    expect(keeps(HALT_WAYS.plain, { ...facts, exe: '/usr/bin/not-dumb-init' }, 0)).toBe(true);
  });

  test('are of no use with a plain process or without the pipe of sysvinit some time after the start', () => {
    const at = (...times: readonly number[]) => times;
    const { plain, sysvinit, systemd, busybox } = HALT_WAYS;
    expect(at(0, 1999, 2000).map((ranMs) => isDeaf(plain, deaf(LISTENING.plain), ranMs))).toEqual([false, false, true]);
    expect(at(2000, 4999, 5000).map((ranMs) => isDeaf(sysvinit, UPSTART, ranMs))).toEqual([false, false, true]);
    expect(isDeaf(plain, LISTENING.plain, 9000)).toBe(false);
    expect(isDeaf(sysvinit, LISTENING.sysvinit, 9000)).toBe(false);
    expect(isDeaf(systemd, deaf(LISTENING.systemd), 9_000_000)).toBe(false);
    expect(isDeaf(busybox, deaf(LISTENING.busybox), 9_000_000)).toBe(false);
    expect(isDeaf(waysOf('plain', { kind: 'signal', signal: 2 }), deaf(LISTENING.plain), 9_000_000)).toBe(false);
    expect(isDeaf(waysOf('plain', { kind: 'init', init: 'sysvinit' }), deaf(LISTENING.plain), 5000)).toBe(true);
  });

  test('by a signal of the file are forgotten by those who forget, and by a program by nobody', () => {
    expect(waysOf('runit', { kind: 'signal', signal: 30 }).forgets).toBe(true);
    expect(waysOf('plain', { kind: 'signal', signal: 2 }).forgets).toBe(false);
    expect(waysOf('runit', { kind: 'command', words: ['poweroff'] }).forgets).toBe(false);
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

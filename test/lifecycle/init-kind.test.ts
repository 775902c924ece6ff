import { describe, expect, test } from 'vitest';
import { initKind } from '../../src/lifecycle/init-kind.ts';
import { INIT_KINDS } from '../../src/model/halt.ts';
import { deaf, LISTENING, signals, UPSTART } from './init-facts.ts';

describe('an init', () => {
  test.each(INIT_KINDS)('%s is known when it listens', (kind) => {
    expect(initKind(LISTENING[kind])).toBe(kind);
  });

  test.each(INIT_KINDS.filter((kind) => kind !== 'sysvinit'))('%s is known before it listens', (kind) => {
    expect(initKind(deaf(LISTENING[kind]))).toBe(kind);
  });

  test('of busybox, called init by its name on the disk, is known by what it waits for', () => {
    const facts = { ...LISTENING.busybox, exe: '/sbin/init' };
    expect(initKind(facts)).toBe('busybox');
    expect(initKind({ ...facts, exe: '/bin/busybox', comm: 'linuxrc' })).toBe('busybox');
  });

  test('that is a shell of busybox is a plain process', () => {
    expect(initKind({ ...deaf(LISTENING.busybox), comm: 'sh' })).toBe('plain');
  });

  test('that was replaced on the disk is what it was', () => {
    expect(initKind({ ...LISTENING.systemd, exe: '/usr/lib/systemd/systemd (deleted)' })).toBe('systemd');
  });

  test('of sysvinit without its pipe is known by what it catches', () => {
    expect(initKind({ ...LISTENING.sysvinit, hasInitctl: false })).toBe('sysvinit');
    expect(initKind(UPSTART)).toBe('sysvinit');
  });

  test('called init that nobody knows is a plain process', () => {
    expect(initKind({ ...deaf(LISTENING.sysvinit), hasInitctl: false, caught: signals(15) })).toBe('plain');
  });

  test.each(['/usr/bin/lxc-start', '/usr/bin/systemd-nspawn', ''])('that is still %s is not known yet', (exe) => {
    expect(initKind({ ...LISTENING.plain, exe })).toBeUndefined();
  });
});

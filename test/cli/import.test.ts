import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { hostler, unread } from './hostler.ts';

const trees = join(import.meta.dirname, 'trees');
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-import-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The configuration that the command wrote, which hostler check takes. */
async function written(system: string, path = join(trees, system)) {
  const to = join(folder, 'etc');
  const { code, out, err } = await hostler(['import', system, path, '--to', to]);
  expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining(`written to ${to}`) });
  const checked = await hostler(['check', to]);
  expect(checked).toMatchObject({ code: 0, err: expect.stringMatching(/\d files?, no problems, /) });
  const loaded = await loadConfig(to, {});
  if (!loaded.ok) throw new Error('not taken');
  return { report: out, config: loaded.config, to };
}

describe('of VServer', () => {
  test('guests with their limits, buckets and order come into files that hostler check takes', async () => {
    const { config, report } = await written('vserver');
    expect(config.guests).toMatchObject([
      { guest: 'db1', policy: 'db1', start: { auto: true }, stop: { timeoutMs: 60_000 } },
      { guest: 'scan1', policy: 'scan1', start: { auto: true, marks: ['default'], after: ['db1'] } },
    ]);
    expect(config.policies).toMatchObject([
      {
        name: 'db1',
        memory: { limit: 409_600_000, addressSpace: { limit: 819_200_000, enforce: 'both', scope: 'guest' } },
        processes: 120,
      },
      {
        name: 'scan1',
        memory: { limit: 20_480_000, addressSpace: { limit: 32_768_000, enforce: 'swap' } },
        cpu: { bucket: { rate: 7, interval: 32, size: 1000, threshold: 200, hold: 'strict' } },
      },
    ]);
    expect(config.rules).toMatchObject([{ match: { name: ['bus/usb/*'] }, guests: ['scan1'], take: 'all' }]);
    const lines = report.trimEnd().split('\n');
    const values = readdirSync(join(trees, 'vserver'), { recursive: true, withFileTypes: true }).flatMap((entry) => {
      if (entry.isDirectory()) return [];
      const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
      return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    });
    expect(lines).toHaveLength(values.length);
    expect(report).toContain(
      'scan1/rlimits/rss.hard:1: rlimits/rss.hard = 5000: taken over as policies/scan1.yaml memory.rss.limit = 20000KiB (5000 pages of 4 KiB = 20000KiB (19.5MiB);',
    );
    expect(report).toContain('scan1/apps/init/style:1: apps/init/style = sysv: no equivalent');
  });
});

describe('of OpenVZ', () => {
  test('guests with their devices, parameters and start come into files that hostler check takes', async () => {
    const { config, report } = await written('openvz');
    expect(config.guests).toMatchObject([
      { guest: '1501', policy: '1501' },
      { guest: 'scanner', policy: 'scanner', start: { auto: true }, stop: { timeoutMs: 90_000 } },
    ]);
    expect(config.policies).toMatchObject([
      { name: '1501', memory: { limit: 512 * 2 ** 20, addressSpace: { limit: 1536 * 2 ** 20 } } },
      { name: 'scanner', memory: { addressSpace: { limit: 2 ** 28, enforce: 'data' } }, processes: 240 },
    ]);
    expect(config.rules).toMatchObject([
      { match: { name: ['bus/usb/001/003'] }, guests: ['scanner'] },
      { match: { name: ['usb/lp0'] }, guests: ['scanner', '1501'] },
      { match: { number: ['c 116:*'] }, guests: ['scanner'], take: 'all' },
    ]);
    expect(report).toContain('1501.conf:6: statement = . /etc/vz/more.conf: needs a decision (not an assignment');
    expect(report).toContain('1501.conf:7: NEW_WORD = what is this: unknown');
    expect(report).toContain(
      '1500.conf:43: IP_ADDRESS = fd00::150: no equivalent (for what runs the guest: lxc.net.0.ipv6',
    );
    expect(report).toContain('scanner: error: kmemsize.barrier >= 40960 * avnumproc');
  });

  test('one guest by its file', async () => {
    const { config } = await written('openvz', join(trees, 'openvz/1500.conf'));
    expect(config.guests.map(({ guest }) => guest)).toEqual(['scanner']);
  });
});

describe('of LXC', () => {
  test('limits, devices and start of all its versions come into files that hostler check takes', async () => {
    const { config, report } = await written('lxc');
    expect(config.guests).toMatchObject([
      { guest: 'db1', runtime: 'lxc', policy: 'db1' },
      {
        guest: 'media1',
        devices: 'confined',
        start: { auto: true, marks: ['onboot', 'media'], ready: { kind: 'delay', delayMs: 5000 } },
        stop: { halt: { kind: 'signal', signal: 37 } },
      },
      { guest: 'old1', stop: { halt: { kind: 'signal', signal: 30 } } },
    ]);
    expect(config.policies).toMatchObject([
      { name: 'db1', memory: { limit: 2 ** 31, addressSpace: { limit: 3 * 2 ** 30 } }, cpu: { weight: 50 } },
      {
        name: 'media1',
        memory: { limit: 2 ** 30, barrier: 900 * 2 ** 20, addressSpace: { limit: 1536 * 2 ** 20 } },
        io: { disks: [{ device: '/dev/block/8:16', readBytes: 20 * 2 ** 20, writes: 120 }] },
        processes: 800,
      },
      { name: 'old1', memory: { addressSpace: { limit: 2 ** 30, enforce: 'data' } }, io: { weight: 50 } },
    ]);
    expect(config.rules.map(({ name }) => name)).toEqual([
      'db1-c-188',
      'media1-dri-renderD128',
      'media1-dvb',
      'old1-c-254-0',
    ]);
    expect(report).toContain('io.devices = [{ device: "/dev/block/8:16", read: 20MiB, writes: 120 }]');
  });

  test('one guest by its folder or its file, and nothing of its root file system', async () => {
    mkdirSync(join(folder, 'db1/rootfs/etc'), { recursive: true });
    writeFileSync(join(folder, 'db1/rootfs/etc/config'), Buffer.from([0]));
    writeFileSync(join(folder, 'db1/config'), 'lxc.uts.name = db1\nlxc.cgroup2.pids.max = 100\n');
    const { config } = await written('lxc', join(folder, 'db1'));
    expect(config.guests.map(({ guest }) => guest)).toEqual(['db1']);
    rmSync(join(folder, 'etc'), { recursive: true });
    const { config: same } = await written('lxc', join(folder, 'db1/config'));
    expect(same.policies).toMatchObject([{ name: 'db1', processes: 100 }]);
  });
});

describe('import', () => {
  test('shows files and report, and writes nothing without --to', async () => {
    const { code, out, err } = await hostler(['import', 'vserver', join(trees, 'vserver/scan1')]);
    expect(code).toBe(0);
    expect(out).toMatch(/^==> guests\/scan1.yaml <==\n# Of guest scan1, imported from /);
    expect(out).toContain('\n==> policies/scan1.yaml <==\n');
    expect(err).toMatch(/^3 files, nothing is written without --to; \d+ values: \d+ taken over, \d+ no equivalent, /);
  });

  test('--json has files, values and what became of them', async () => {
    const { out } = await hostler(['import', 'vserver', join(trees, 'vserver'), '--json']);
    const found = JSON.parse(out);
    expect(found.files.map(({ path }: { path: string }) => path)).toContain('guests/scan1.yaml');
    expect(found.lines[0]).toMatchObject({ file: expect.any(String), line: 1, verdict: { fate: 'none' } });
  });

  test('touches no file that is there, and then writes none', async () => {
    for (const name of ['policies', 'guests']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'policies/scan1.yaml'), 'mine\n');
    symlinkSync('/nowhere', join(folder, 'guests/db1.yaml'));
    const { code, err } = await hostler(['import', 'vserver', join(trees, 'vserver'), '--to', folder]);
    expect(code).toBe(1);
    const says = 'is there already; nothing was written; move it away, or import into another folder';
    expect(err).toBe(
      ['guests/db1.yaml', 'policies/scan1.yaml']
        .map((path) => `hostler: E_EXISTS ${folder}/${path}: ${says}\n`)
        .join(''),
    );
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual([
      'guests',
      'guests/db1.yaml',
      'policies',
      'policies/scan1.yaml',
    ]);
    expect(readFileSync(join(folder, 'policies/scan1.yaml'), 'utf8')).toBe('mine\n');
  });

  test('names what does not go together with what is there', async () => {
    mkdirSync(join(folder, 'policies'));
    writeFileSync(join(folder, 'policies/old.yaml'), 'policy: scan1\n');
    const { code, err } = await hostler(['import', 'vserver', join(trees, 'vserver'), '--to', folder]);
    expect(code).toBe(65);
    expect(err).toContain(`${folder}/policies/scan1.yaml:2:9: the policy "scan1" is here a second time`);
  });

  test('names what does not go together also where nobody reads its report', async () => {
    mkdirSync(join(folder, 'policies'));
    writeFileSync(join(folder, 'policies/old.yaml'), 'policy: scan1\n');
    const { code, err } = await unread(['import', 'vserver', join(trees, 'vserver'), '--to', folder]);
    expect({ code, err }).toEqual({ code: 65, err: expect.stringContaining('is here a second time') });
  });

  test('follows no link out of the folder, and no link to a folder', async () => {
    const from = join(folder, 'vservers');
    cpSync(join(trees, 'vserver'), from, { recursive: true, verbatimSymlinks: true });
    symlinkSync('/etc/hostname', join(from, 'scan1/nice'));
    symlinkSync('..', join(from, 'scan1/again'));
    symlinkSync('/var/run/vservers/scan1', join(from, 'scan1/run'));
    const { out } = await hostler(['import', 'vserver', from]);
    expect(out).toContain('scan1/nice:1: nice = -> /etc/hostname: needs a decision (a link to a folder, or out of');
    expect(out).toContain('scan1/run:1: run = -> /var/run/vservers/scan1: no equivalent');
    expect(out).toContain('scan1/again:1: again = -> ..: needs a decision (a link');
  });

  test('of LXC reads what is included wherever it lies below, also of a folder that is named by a link, and nothing else', async () => {
    mkdirSync(join(folder, 'lxc/a/conf.d/deeper'), { recursive: true });
    mkdirSync(join(folder, 'lxc/common'));
    symlinkSync('lxc', join(folder, 'linked'));
    const write = (path: string, text: string) => writeFileSync(join(folder, 'lxc', path), text);
    const named = [`${folder}/lxc/a/conf.d/`, `${folder}/lxc/a/extra`, `${folder}/lxc/common/limits`, '/etc/hostname'];
    write('a/config', named.map((path) => `lxc.include = ${path}\n`).join(''));
    write('a/conf.d/x.conf', 'lxc.cgroup2.pids.max = 99\n');
    write('a/conf.d/x.txt', 'lxc.start.delay = 1\n');
    write('a/conf.d/deeper/x.conf', 'lxc.start.delay = 1\n');
    write('a/extra', `lxc.start.auto = 1\nlxc.include = ${folder}/lxc/a/last\n`);
    write('a/last', 'lxc.signal.halt = SIGUSR1\n');
    write('common/limits', 'lxc.cgroup2.memory.max = 1G\n');
    for (const path of ['lxc', 'linked']) {
      const { code, out } = await hostler(['import', 'lxc', join(folder, path)]);
      expect(code).toBe(0);
      for (const text of ['processes:\n', 'auto: true', 'rss:\n', 'lxc.signal.halt = SIGUSR1: taken'])
        expect(out).toContain(text);
      expect(out).not.toContain('start.delay');
    }
  });

  test('of a guest of LXC whose folder is a link names the link, and takes it over by that name', async () => {
    mkdirSync(join(folder, 'pool/17'), { recursive: true });
    writeFileSync(join(folder, 'pool/17/config'), 'lxc.start.auto = 1\n');
    cpSync(join(trees, 'lxc'), join(folder, 'lxc'), { recursive: true });
    symlinkSync('../pool/17', join(folder, 'lxc/mail1'));
    mkdirSync(join(folder, 'alone'));
    symlinkSync('../pool/17', join(folder, 'alone/mail1'));
    expect((await hostler(['import', 'lxc', join(folder, 'alone')])).err).toContain(
      `E_SOURCE ${folder}/alone/mail1: cannot be imported: -> ../pool/17: a link to a folder, or out of`,
    );
    const { code, out } = await hostler(['import', 'lxc', join(folder, 'lxc')]);
    expect(code).toBe(0);
    expect(out).toContain(`${folder}/lxc/mail1:1: mail1 = -> ../pool/17: needs a decision (a link to a folder`);
    for (const path of ['lxc/mail1/', 'lxc/mail1/config']) {
      const named = await hostler(['import', 'lxc', join(folder, path)]);
      expect(named.out).toContain('\nguest: mail1\nruntime: lxc\nstart:\n  auto: true\n');
    }
  });

  describe('of what cannot be read', () => {
    const odd = [
      ['binary', 'line 2 has a control character, which no text has'],
      ['large', 'is larger than 256 KiB'],
      ['pipe', 'is no regular file'],
      ['to-pipe', '-> pipe'],
      ['d1', 'folders in folders, more than 12 deep'],
    ] as const;

    /** One of each kind. */
    function writeOdd(to: string): void {
      mkdirSync(join(to, Array.from({ length: 14 }, () => 'd1').join('/')), { recursive: true });
      writeFileSync(join(to, 'binary'), Buffer.from([0x31, 0x0a, 0x00]));
      writeFileSync(join(to, 'large'), Buffer.alloc(300_000, 'x'));
      execFileSync('mkfifo', [join(to, 'pipe')]);
      symlinkSync('pipe', join(to, 'to-pipe'));
    }

    test('names it, and takes over all else', async () => {
      mkdirSync(join(folder, 'web1/rlimits'), { recursive: true });
      writeFileSync(join(folder, 'web1/rlimits/nproc.hard'), '77\n');
      writeOdd(join(folder, 'web1/rlimits'));
      const { code, out } = await hostler(['import', 'vserver', folder]);
      expect(code).toBe(0);
      expect(out).toContain('nproc.hard = 77: taken over as policies/web1.yaml processes.limit = 77');
      for (const [name, says] of odd) {
        const [line = ''] = out.split('\n').filter((one) => one.startsWith(`${folder}/web1/rlimits/${name}`));
        expect(line).toMatch(/: needs a decision \(/);
        expect(line).toContain(says);
      }
    });

    test('and is a guest of LXC or OpenVZ makes no guest, nor of another file', async () => {
      mkdirSync(join(folder, 'web1'));
      writeFileSync(join(folder, 'web1/config'), Buffer.from([0]));
      writeFileSync(join(folder, 'web1/fstab'), 'proc proc proc');
      writeFileSync(join(folder, 'common.conf'), 'lxc.start.auto = 1');
      writeFileSync(join(folder, 'vz.conf'), 'ONBOOT=yes');
      writeFileSync(join(folder, '101.conf'), Buffer.from([0]));
      writeFileSync(join(folder, '101.mount'), '#!/bin/sh');
      for (const [system, name] of [
        ['lxc', 'web1/config'],
        ['openvz', '101.conf'],
      ] as const) {
        const { code, err } = await hostler(['import', system, folder]);
        expect(code).toBe(1);
        expect(err).toContain(`E_SOURCE ${folder}/${name}: cannot be imported: line 1 has a control character`);
        expect(err).toContain(`no guest of ${system} is there`);
      }
    });

    test('refuses where that is what was named', async () => {
      writeOdd(folder);
      for (const [name, says] of odd.slice(0, 3)) {
        const { code, out, err } = await hostler(['import', 'vserver', join(folder, name)]);
        expect({ code, out }).toEqual({ code: 1, out: '' });
        expect(err).toContain(
          `E_SOURCE ${folder}/${name}: cannot be imported: ${says}; name what is there as who may read it, mend it, or name a copy`,
        );
      }
    });
  });

  test('of a file that is older than UTF-8 is read as Latin-1, which is said', async () => {
    mkdirSync(join(folder, 'web1/uts'), { recursive: true });
    writeFileSync(join(folder, 'web1/uts/nodename'), Buffer.from('m\xfcller\n', 'latin1'));
    const { code, out, err } = await hostler(['import', 'vserver', folder]);
    expect(code).toBe(0);
    expect(out).toContain('uts/nodename = müller: ');
    expect(err).toContain(`${folder}/web1/uts/nodename: not UTF-8; Latin-1 is assumed`);
  });

  test('of a folder without guests, of none and of an unknown system says so', async () => {
    mkdirSync(join(folder, 'ssh'));
    writeFileSync(join(folder, 'ssh/ssh_config'), 'Host *\n');
    writeFileSync(join(folder, 'resolv.conf'), 'nameserver 192.0.2.1\n');
    writeFileSync(join(folder, 'fstab'), 'proc /proc proc defaults 0 0\n');
    for (const system of ['vserver', 'openvz', 'lxc']) {
      const empty = await hostler(['import', system, folder]);
      expect(empty).toMatchObject({ code: 1, err: expect.stringContaining(`no guest of ${system} is there`) });
    }
    expect((await hostler(['import', 'vserver', join(folder, 'none')])).err).toContain(
      `E_SOURCE ${folder}/none: cannot be imported: cannot be read: there is no such file or folder; name what is there`,
    );
    expect(await hostler(['import', 'xen', folder])).toMatchObject({
      code: 2,
      err: expect.stringContaining('"xen" is none of'),
    });
    expect((await hostler(['import', 'vserver'])).code).toBe(2);
  });

  test('that fails half way leaves nothing behind', async () => {
    writeFileSync(join(folder, 'policies'), 'in the way');
    const { code, err } = await hostler(['import', 'vserver', join(trees, 'vserver'), '--to', folder]);
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringMatching(/E_OUTPUT .*policies\/db1.yaml: /) });
    expect(readdirSync(folder)).toEqual(['policies']);
  });

  test('into a place where no folder can be made ends', async () => {
    const { code, err } = await hostler(['import', 'vserver', join(trees, 'vserver'), '--to', '/proc/none/here']);
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringMatching(/^hostler: E_OUTPUT \/proc\/none/) });
  });

  test('into a folder that cannot be written says which file', async () => {
    writeFileSync(join(folder, 'file'), '');
    chmodSync(join(folder, 'file'), 0o400);
    const { code, err } = await hostler(['import', 'vserver', join(trees, 'vserver'), '--to', join(folder, 'file')]);
    expect({ code, err }).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^hostler: E_OUTPUT .*guests\/db1.yaml: /),
    });
  });
});

test.each(['lxc', 'vserver'])(
  'what is there of %s under a name that is not UTF-8 is told, and that this is why',
  async (system) => {
    const tree = join(folder, 'tree');
    cpSync(join(trees, system), tree, { recursive: true });
    const bad = Buffer.concat([Buffer.from(`${tree}/bad`), Buffer.of(0xff)]);
    mkdirSync(bad);
    writeFileSync(Buffer.concat([bad, Buffer.from('/config')]), 'lxc.uts.name = bad\n');
    const { code, out } = await hostler(['import', system, tree]);
    expect(code).toBe(0);
    expect(out).toMatch(/bad\\+xff.*its name is not UTF-8; rename it/);
    expect(out).not.toContain('there is no such file');
  },
);

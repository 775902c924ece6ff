import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const HIGHEST_EXPOSURE = 45;
const hasDpkg = spawnSync('dpkg-deb', ['--version']).status === 0;

function run(program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr}${stdout}`);
  return stdout;
}

describe.runIf(hasDpkg)('the Debian package', () => {
  let folder: string;
  let file: string;
  let tree: string;
  const build = (...words: readonly string[]) =>
    run(join(ROOT, 'packaging/build'), '--compress', 'none', ...words).trim();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hostler-package-'));
    file = build(join(folder, 'first'));
    tree = join(folder, 'tree');
    run('dpkg-deb', '-R', file, tree);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const command = (...words: readonly string[]) => run(join(tree, 'usr/bin/hostler'), ...words);
  const manifest = () => run('dpkg-deb', '-c', file);

  test('has what a host needs, owned by root, and nothing that others may write', () => {
    const lines = manifest().trim().split('\n');
    const paths = lines.map((line) => line.split(/\s+/)[5]);
    for (const path of [
      './etc/hostler/hostler.yaml',
      './usr/bin/hostler',
      './usr/lib/hostler/node',
      './usr/lib/hostler/hostler-executor',
      './usr/lib/hostler/hostler-hook',
      './usr/lib/systemd/system/hostler.service',
      './usr/lib/systemd/system/hostler-executor@.service',
      './usr/lib/systemd/system/hostler-executor.socket',
      './usr/lib/systemd/system/hostler-guests.service',
      './usr/lib/systemd/system/systemd-nspawn@.service.d/hostler.conf',
      './usr/lib/systemd/catalog/hostler.catalog',
      './usr/lib/sysusers.d/hostler.conf',
      './usr/lib/tmpfiles.d/hostler.conf',
      './usr/lib/udev/rules.d/90-hostler.rules',
      './usr/share/man/man1/hostler.1.gz',
      './usr/share/man/man5/hostler.yaml.5.gz',
      './usr/share/man/man5/hostler-rules.5.gz',
      './usr/share/man/man5/hostler-policies.5.gz',
      './usr/share/man/man8/hostler.8.gz',
      './usr/share/bash-completion/completions/hostler',
      './usr/share/zsh/vendor-completions/_hostler',
      './usr/share/fish/vendor_completions.d/hostler.fish',
      './usr/share/hostler/rules/usb-serial.yaml',
      './usr/share/hostler/policies/small-service.yaml',
      './usr/share/hostler/schema/rules.json',
      './usr/share/hostler/monitoring/alerts.yaml',
      './usr/share/doc/hostler/copyright',
      './usr/share/doc/hostler/LICENSE.node.gz',
      './usr/lib/hostler/stop-guests',
      './usr/share/doc/hostler/changelog.gz',
    ])
      expect(paths).toContain(path);
    expect(lines.filter((line) => !line.includes(' root/root ') || /^.{5}w|^.{8}w/.test(line))).toEqual([]);
  });

  test('is the same, byte for byte, when it is built again', () => {
    expect(readFileSync(build(join(folder, 'second'))).equals(readFileSync(file))).toBe(true);
  });

  test('has a command that runs by itself, with a configuration that it finds right', () => {
    expect(command('version')).toMatch(/^hostler \d+\.\d+\.\d+\n$/);
    const checked = (...words: readonly string[]) => JSON.parse(command('check', '--json', ...words));
    expect(checked('--config', join(tree, 'etc/hostler'))).toMatchObject({ files: 1, problems: [], warnings: [] });
    expect(checked(join(tree, 'usr/share/hostler/rules'))).toMatchObject({ problems: [] });
  });

  test('is of another version when told so, and so is its command', () => {
    const other = build('--version', '9.8.7', join(folder, 'other'));
    expect(run('dpkg-deb', '-f', other, 'Version')).toBe('9.8.7\n');
    run('dpkg-deb', '-R', other, join(folder, 'other/tree'));
    expect(run(join(folder, 'other/tree/usr/bin/hostler'), 'version')).toBe('hostler 9.8.7\n');
  });

  test('keeps what an administrator writes: its configuration is a conffile', () => {
    expect(readFileSync(join(tree, 'DEBIAN/conffiles'), 'utf8')).toBe('/etc/hostler/hostler.yaml\n');
  });

  test.each(['postinst', 'prerm', 'postrm'])('%s is a script that the shell reads', (script) => {
    expect(run('sh', '-n', join(tree, 'DEBIAN', script))).toBe('');
  });
});

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
/** Names that systemd, LXC and the packages of disks have on Debian 12. */
const GROUND = [
  ...['network.target', 'local-fs.target', 'remote-fs.target', 'dbus.service', 'systemd-machined.service'],
  ...['lxcfs.service', 'lxc-net.service', 'openvswitch-switch.service', 'zfs.target', 'zfs-mount.service'],
];
/** Guests halt before these; what waits for one of them may wait for long. */
const SLOW = [
  ...['network-online.target', 'blk-availability.service', 'multipathd.service', 'iscsid.service'],
  ...['open-iscsi.service', 'drbd.service', 'rbdmap.service'],
];
const unit = (name: string) => join(ROOT, 'packaging/systemd', name);
const orderOf = (name: string) =>
  (readFileSync(unit(name), 'utf8').match(/^After=.*$/gm) ?? []).flatMap((line) =>
    line.slice('After='.length).split(' '),
  );

/** Any of these words says what is meant: `User=/DynamicUser=`, `RestrictAddressFamilies=~AF_(INET|INET6)`. */
function settingsOf(name: string): readonly string[] {
  const [, family] = /=~(AF_\w+)/.exec(name.replace(/\((\w+).*\)/, '$1')) ?? [];
  return family === undefined ? name.split('/').map((one) => one.replace('=', '')) : [family];
}

describe.runIf(hasAnalyze)('the service', () => {
  test(`is exposed by ${HIGHEST_EXPOSURE / 10} at most`, () => {
    const words = ['security', '--offline=true', `--threshold=${HIGHEST_EXPOSURE}`, unit('hostler.service')];
    expect(run('systemd-analyze', ...words)).toContain('Overall exposure level');
  });

  test('says of each exposure why it stays', () => {
    const told: readonly { name: string; exposure: string | null }[] = JSON.parse(
      run('systemd-analyze', 'security', '--offline=true', '--json=short', unit('hostler.service')),
    );
    const comments = (readFileSync(unit('hostler.service'), 'utf8').match(/^#.*$/gm) ?? []).join('\n');
    const exposed = told.flatMap(({ name, exposure }) => (exposure === null ? [] : name));
    expect(exposed).toContain('User=/DynamicUser=');
    expect(exposed.filter((name) => !settingsOf(name).some((setting) => comments.includes(setting)))).toEqual([]);
  });

  test('gives the agent no capability', () => {
    expect(readFileSync(unit('hostler.service'), 'utf8')).toMatch(/^CapabilityBoundingSet=$/m);
  });

  test('what guests are on is there before they are started, and what may take long is not waited for', () => {
    const after = orderOf('hostler.service');
    expect(after).toEqual(expect.arrayContaining(GROUND));
    expect(after.filter((other) => SLOW.includes(other))).toEqual([]);
  });

  test('what guests are on is there until they have halted', () => {
    expect(orderOf('hostler-guests.service')).toEqual(expect.arrayContaining([...GROUND, ...SLOW]));
  });

  test('is of units that systemd understands', () => {
    const all = readdirSync(unit(''))
      .filter((name) => /service$|socket$/.test(name))
      .map(unit);
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...all], { encoding: 'utf8' });
    const said = stderr.split('\n').filter((line) => line.includes('hostler') && !line.includes('is not executable'));
    expect(said).toEqual([]);
  });
});

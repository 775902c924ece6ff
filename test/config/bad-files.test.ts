import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { askReader } from '../../src/config/ask-reader.ts';
import { childrenOf, isAlive } from '../scenarios/processes.ts';
import { complaintsOf, folderOf } from './folder.ts';

const good = '- rule: scanner\n  match: { subsystem: usb }\n  guest: scan1\n';

test('a byte that is not UTF-8 is named with its offset, line and column', async () => {
  const latin1 = Buffer.from(`# ä\n- rule: \xfcber\n`, 'latin1');
  const behind = Buffer.concat([Buffer.from('# \ufffd ä\n- '), Buffer.from([0xff])]);
  const cut = Buffer.concat([Buffer.from(good), Buffer.from([0xe2, 0x82])]);
  expect(await complaintsOf(folderOf({ 'rules/a.yaml': latin1, 'rules/b.yaml': behind, 'rules/c.yaml': cut }))).toEqual(
    [
      'rules/a.yaml:1:3: not UTF-8: byte 0xe4 at offset 2; save the file as UTF-8',
      'rules/b.yaml:2:3: not UTF-8: byte 0xff at offset 11; save the file as UTF-8',
      `rules/c.yaml:4:1: not UTF-8: byte 0xe2 at offset ${good.length}; save the file as UTF-8`,
    ],
  );
});

test('a folder that is not there is named', async () => {
  const folder = join(folderOf({}), 'absent');
  const says = 'cannot be read: there is no such file or folder; create it, or name another';
  expect(await complaintsOf(folder)).toEqual([`.:1:1: ${says}`]);
});

test('a file where a folder should be is named', async () => {
  const says = 'cannot be read: it, or something above it, is no folder (ENOTDIR); put a folder there';
  expect(await complaintsOf(folderOf({ rules: 'x' }))).toEqual([`rules:1:1: ${says}`]);
  expect(await complaintsOf(join(folderOf({ file: 'x' }), 'file'))).toEqual([`.:1:1: ${says}`]);
});

test('links that lead in a circle or nowhere, folders and FIFOs are named, and nothing waits for them', async () => {
  const folder = folderOf({ 'rules/good.yaml': good });
  symlinkSync('circle.yaml', join(folder, 'rules/circle.yaml'));
  symlinkSync('nowhere', join(folder, 'rules/dangling.yaml'));
  symlinkSync('/dev/zero', join(folder, 'rules/endless.yaml'));
  mkdirSync(join(folder, 'rules/folder.yaml'));
  execFileSync('mkfifo', [join(folder, 'rules/pipe.yaml')]);
  symlinkSync('guests', join(folder, 'guests'));
  symlinkSync('nowhere', join(folder, 'hostler.yaml'));
  expect(await complaintsOf(folder)).toEqual([
    'guests:1:1: cannot be read: symbolic links lead in a circle (ELOOP); put the file or folder itself there',
    'hostler.yaml:1:1: cannot be read: there is no such file or folder; create it, or name another',
    'rules/circle.yaml:1:1: cannot be read: symbolic links lead in a circle (ELOOP); put the file or folder itself there',
    'rules/dangling.yaml:1:1: cannot be read: there is no such file or folder; create it, or name another',
    'rules/endless.yaml:1:1: is no regular file; put the text itself there',
    'rules/folder.yaml:1:1: cannot be read: it is a folder; give it a name that does not end in .yaml, or put a file there',
    'rules/pipe.yaml:1:1: is no regular file; put the text itself there',
  ]);
});

test('a file and a folder that may not be read are named', () => {
  const folder = folderOf({ 'rules/secret.yaml': good, 'guests/a.yaml': 'guest: a\n' });
  chmodSync(folder, 0o755);
  chmodSync(join(folder, 'rules/secret.yaml'), 0o000);
  chmodSync(join(folder, 'guests'), 0o000);
  const says =
    'cannot be read: permission denied (EACCES); let the user that hostler runs as read it, and enter every folder above it';
  expect(unprivileged(folder)).toEqual([
    `${folder}/guests:1:1: ${says} [E_CONFIG_FILE]`,
    `${folder}/rules/secret.yaml:1:1: ${says} [E_CONFIG_FILE]`,
  ]);
  chmodSync(folder, 0o000);
  expect(unprivileged(folder)).toEqual([`${folder}:1:1: ${says} [E_CONFIG_FILE]`]);
  chmodSync(folder, 0o755);
});

test('a file is bounded, and all files together are', async () => {
  const line = `# ${'x'.repeat(1021)}\n`;
  const files = Object.fromEntries(Array.from({ length: 18 }, (_, at) => [`rules/${at + 10}.yaml`, line.repeat(256)]));
  const folder = folderOf(files);
  writeFileSync(join(folder, 'rules/10.yaml'), `${line.repeat(256)}#`);
  expect(await complaintsOf(folder)).toEqual([
    'rules/10.yaml:1:1: is larger than 256 KiB; split it into several files',
    'rules/27.yaml:1:1: with it the configuration is larger than 4 MiB; use globs instead of many rules',
  ]);
});

test('a reader that takes too long is ended and says so', async () => {
  const folder = folderOf({ 'rules/r.yaml': good });
  const says = 'not read within 1 ms; write less into it, or write it more simply';
  const place = { file: folder, line: 1, column: 1 };
  expect(await askReader('load', [folder], {}, 1)).toEqual({ silence: { place, code: 'E_CONFIG_FILE', says } });
});

test('a reader that ends without an answer is a problem', async () => {
  const folder = folderOf({ 'rules/r.yaml': good });
  const before = process.env.NODE_OPTIONS;
  process.env.NODE_OPTIONS = '--no-such-option';
  const answer = await askReader('load', [folder], {});
  process.env.NODE_OPTIONS = before ?? '';
  const says = 'its reader ended (9); what it printed says why, most likely too little memory';
  expect(answer).toEqual({ silence: { place: { file: folder, line: 1, column: 1 }, code: 'E_CONFIG_FILE', says } });
});

// Whoever reads the ends of processes reads all that there are by then, and what they said only afterwards.
test('a reader whose end is noticed together with another process has answered', async () => {
  const folder = folderOf({ 'rules/r.yaml': good });
  const other = spawn('echo', ['ended']);
  const before = childrenOf(process.pid);
  const asked = askReader('load', [folder], {});
  const reader = childrenOf(process.pid).find((pid) => !before.includes(pid));
  other.stdout.once('data', () => standStillUntilEnded(reader));
  standStillUntilEnded(other.pid);
  expect(await asked).toMatchObject({ ok: true });
});

test.each([
  ['once is asked once more', 1, { ok: true }],
  [
    'each time is a problem',
    2,
    { silence: { says: 'its reader ended (SIGTRAP); what it printed says why, most likely too little memory' } },
  ],
])('a reader that a signal ends %s', async (_what, times, answer) => {
  const folder = folderOf({ 'rules/r.yaml': good });
  const ends = folderOf({});
  const before = process.env.NODE_OPTIONS;
  // Each process that is started so leaves a mark, and ends itself as long as there are few.
  const script = `
    import { mkdtempSync, readdirSync } from 'node:fs';
    mkdtempSync('${ends}/mark-');
    if (readdirSync('${ends}').filter((name) => name.startsWith('mark-')).length <= ${times}) process.kill(process.pid, 'SIGTRAP');`;
  process.env.NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(script)}`;
  try {
    expect(await askReader('load', [folder], {})).toMatchObject(answer);
  } finally {
    process.env.NODE_OPTIONS = before ?? '';
  }
  expect(readdirSync(ends).filter((name) => name.startsWith('mark-'))).toHaveLength(2);
});

/** Nothing else happens in this process meanwhile: its children stay zombies. */
function standStillUntilEnded(pid: number | undefined): void {
  while (pid !== undefined && isAlive(pid)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
}

/** Loads the folder as a user that is not root. */
function unprivileged(folder: string): readonly string[] {
  const program = join(import.meta.dirname, 'load-unprivileged.ts');
  return execFileSync(process.execPath, [program, folder], { encoding: 'utf8' }).trimEnd().split('\n');
}

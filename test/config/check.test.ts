import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkPaths } from '../../src/config/check.ts';
import { folderOf } from './folder.ts';

const rule = (name: string, guest = 'a') => `- rule: ${name}\n  match: { subsystem: usb }\n  guest: ${guest}\n`;

async function check(folder: string, names: readonly string[], knownGuests?: readonly string[]) {
  const paths = names.map((name) => join(folder, name));
  const { files, problems } = await checkPaths(paths, knownGuests ? { knownGuests } : {});
  return { files, says: problems.map(({ place, says }) => `${place.file.slice(folder.length + 1)}: ${says}`) };
}

test('a lone file is known by its folder, or else by its content', async () => {
  const folder = folderOf({
    'rules/x.yaml': 'colour: red',
    'guests/x.yaml': 'colour: red',
    'hostler.yaml': 'colour: red',
    'one.yaml': rule('one'),
    'two.yaml': 'guest: two\ncolour: red',
    'three.yaml': 'lxcPath: here',
  });
  expect(await check(folder, ['rules/x.yaml', 'guests/x.yaml', 'hostler.yaml'])).toEqual({
    files: 3,
    says: [
      "guests/x.yaml: guest is missing; write the guest's name, such as web1",
      'guests/x.yaml: unknown key "colour"; known here: guest, runtime, policy, devices, start, stop, restart',
      'hostler.yaml: unknown key "colour"; known here: lxcPath, damping, alerts, reserve, metrics, cpu, shutdown',
      'rules/x.yaml: the file cannot be a mapping; write a list of rules, each beginning with "- rule: NAME"',
    ],
  });
  expect(await check(folder, ['one.yaml', 'two.yaml', 'three.yaml'])).toEqual({
    files: 3,
    says: [
      'three.yaml: lxcPath: "here" is no absolute path; write one without .., such as /var/lib/lxc',
      'two.yaml: unknown key "colour"; known here: guest, runtime, policy, devices, start, stop, restart',
    ],
  });
});

test('lone files are checked together, but may name any guest', async () => {
  const folder = folderOf({ 'rules/a.yaml': rule('same', 'gone'), 'rules/b.yaml': rule('same') });
  expect(await check(folder, ['rules/b.yaml', 'rules/a.yaml'], ['a'])).toEqual({
    files: 2,
    says: [
      `rules/a.yaml: the rule "same" is here a second time, first at ${folder}/rules/b.yaml:1:9; give one of them another name`,
    ],
  });
  expect((await check(folder, ['rules'], ['a'])).says).toHaveLength(1);
});

test('a configuration folder is checked as a whole, and two of them apart', async () => {
  const folder = folderOf({ 'one/rules/a.yaml': rule('same'), 'two/rules/a.yaml': rule('same', 'gone') });
  expect(await check(folder, ['one', 'two'], ['a'])).toEqual({
    files: 2,
    says: [
      'two/rules/a.yaml: guest: no guest "gone" is on this host or in guests/; create it, or write guests/gone.yaml for one that is to come',
    ],
  });
});

test('what looks like a part of a configuration and is not read is a warning', async () => {
  const folder = folderOf({
    'etc/hostler.yml': '',
    'etc/web1.yaml': '',
    'etc/policy/small.yaml': '',
    'etc/gusets/web1.yaml': '',
    'etc/keys/a.pem': '',
    'etc/rules/usb.YAML': '',
    'etc/rules/usb.yaml~': '',
    'etc/rules/.usb.yaml': '',
    'etc/rules/tty.yml': '[]',
    'etc/README': '',
  });
  const { files, problems, warnings } = await checkPaths([join(folder, 'etc')], {});
  expect({ files, problems }).toEqual({ files: 1, problems: [] });
  expect(warnings.map(({ place, says }) => `${place.file.slice(folder.length + 1)}: ${says}`)).toEqual([
    'etc/hostler.yml: is not read; name it hostler.yaml',
    'etc/web1.yaml: is not read; put it into guests/, policies/ or rules/',
    'etc/gusets: is not read; did you mean guests/?',
    'etc/policy: is not read; did you mean policies/?',
    'etc/rules/usb.YAML: is not read; name it usb.yaml',
  ]);
});

test('a path that is not there is a problem', async () => {
  const folder = folderOf({});
  expect(await check(folder, ['x.yaml'])).toEqual({
    files: 0,
    says: ['x.yaml: cannot be read: there is no such file or folder; create it, or name another'],
  });
});

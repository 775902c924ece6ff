import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DEFAULT_ALERTS } from '../../src/config/alerts.ts';
import { DEFAULT_DAMPING } from '../../src/config/damping.ts';
import { loadConfig } from '../../src/config/load.ts';
import { DEFAULT_METRICS } from '../../src/config/metrics.ts';
import { complaintsOf, folderOf } from './folder.ts';

const everything = `# yaml-language-server: $schema=../schema/rules.json
- rule: front-desk-scanner
  match:
    subsystem: usb
    devtype: [usb_device]
    name: bus/usb/*
    sysname: "1-*"
    driver: usb
    property: { ID_SERIAL_SHORT: "0123" }
    attr: { idVendor: "04b8", power/control: [auto, "on"] }
    parent: { subsystem: usb, attr: { bDeviceClass: "09" }, port: 1-1 }
    port: [1-1.2, 1-1.3]
    below: 1-1
    link: /dev/serial/*
    number: ["c 189:*", "[bc] 1[0-9]:?"]
    tag: uaccess
    not: { subsystem: usb, not: { driver: hub } }
  guest: scan1
  access: wr
  node: { path: /dev/scanner, mode: "0660", owner: root, group: "104" }
  links: [/dev/scanners/front, /dev/scanners/ä]
  when: wait 90s
  unplug: term
- rule: render
  match: { subsystem: drm }
  guest: [one, "media*"]
  take: all
  links: ["udev:*", udev:/dev/dri/by-path/*]
`;

test('a configuration becomes model values, with every default filled in', async () => {
  const folder = folderOf({
    'hostler.yaml': 'lxcPath: /srv/lxc\n',
    'guests/scan1.yaml': 'guest: scan1\nruntime: lxc\ndevices: confined\n',
    'guests/web1.yaml': 'guest: web1\n',
    'rules/r.yaml': everything,
  });
  const file = join(folder, 'rules/r.yaml');
  expect(await loadConfig(folder, {})).toStrictEqual({
    ok: true,
    problems: [],
    warnings: [],
    config: {
      settings: {
        lxcPath: '/srv/lxc',
        damping: { plugs: 12, withinMs: 20_000, calmMs: 5_000 },
        alerts: DEFAULT_ALERTS,
        reserve: { cpu: 0, memoryBytes: 0 },
        metrics: DEFAULT_METRICS,
      },
      guests: [{ guest: 'scan1', runtime: 'lxc', devices: 'confined' }, { guest: 'web1' }],
      policies: [],
      rules: [
        {
          name: 'front-desk-scanner',
          place: { file, line: 2, column: 3 },
          match: {
            subsystem: ['usb'],
            devtype: ['usb_device'],
            name: ['bus/usb/*'],
            sysname: ['1-*'],
            driver: ['usb'],
            property: { ID_SERIAL_SHORT: ['0123'] },
            attr: { idVendor: ['04b8'], 'power/control': ['auto', 'on'] },
            parent: { subsystem: ['usb'], attr: { bDeviceClass: ['09'] }, port: ['1-1'] },
            port: ['1-1.2', '1-1.3'],
            below: ['1-1'],
            link: ['/dev/serial/*'],
            number: ['c 189:*', '[bc] 1[0-9]:?'],
            tag: ['uaccess'],
            not: { subsystem: ['usb'], not: { driver: ['hub'] } },
          },
          guests: ['scan1'],
          exclusive: true,
          take: 'one',
          access: 'rw',
          node: { path: '/dev/scanner', mode: 0o660, owner: 'root', group: '104' },
          links: ['/dev/scanners/front', '/dev/scanners/ä'],
          when: { kind: 'wait', waitMs: 90_000 },
          unplug: 'term',
        },
        {
          name: 'render',
          place: { file, line: 24, column: 3 },
          match: { subsystem: ['drm'] },
          guests: ['one', 'media*'],
          exclusive: false,
          take: 'all',
          access: 'rw',
          node: {},
          links: [],
          hostLinks: ['*', '/dev/dri/by-path/*'],
          when: { kind: 'optional' },
          unplug: 'keep',
        },
      ],
    },
  });
});

test('a property that is called as every object has one is just a property', async () => {
  const match = '{ property: { constructor: x, toString: "y" } }';
  const loaded = await loadConfig(folderOf({ 'rules/r.yaml': `- rule: a\n  match: ${match}\n  guest: g\n` }), {});
  const property = loaded.ok ? loaded.config.rules[0]?.match.property : undefined;
  expect(Object.entries(property ?? {})).toEqual([
    ['constructor', ['x']],
    ['toString', ['y']],
  ]);
});

test.each([
  ['a', true],
  ['[a]', true],
  ['[a, b]', false],
  ['"a*"', false],
  ['"[ab]"', false],
])('a rule for %s alone: exclusive is %s', async (guest, exclusive) => {
  const loaded = await loadConfig(folderOf({ 'rules/r.yaml': ruleFor(guest) }), {});
  expect(loaded.ok && loaded.config.rules[0]?.exclusive).toBe(exclusive);
});

test('nothing has to be in the folder, and an empty file says nothing', async () => {
  const config = {
    rules: [],
    guests: [],
    settings: {
      lxcPath: '/var/lib/lxc',
      damping: DEFAULT_DAMPING,
      alerts: DEFAULT_ALERTS,
      metrics: DEFAULT_METRICS,
    },
  };
  expect(await loadConfig(folderOf({}), {})).toMatchObject({ ok: true, config });
  const blank = {
    'hostler.yaml': '',
    'guests/a.yaml': '# nothing yet\n',
    'rules/a.yaml': '---\n',
    'rules/b.yaml': '[]',
  };
  expect(await loadConfig(folderOf(blank), {})).toMatchObject({ ok: true, config });
});

test('files are read in the order of their names, what editors and packages leave behind is not, nor are other folders', async () => {
  const rule = (name: string) => `- rule: ${name}\n  match: { subsystem: usb }\n  guest: a\n`;
  const left = [
    '.r.yaml',
    '.#r.yaml',
    'r.yaml~',
    '#r.yaml#',
    '.r.yaml.swp',
    'r.yaml.dpkg-dist',
    'r.yaml.bak',
    'README',
  ];
  const folder = folderOf({
    ...Object.fromEntries(left.map((name) => [`rules/${name}`, '{'])),
    'rules/20.yaml': rule('second'),
    'rules/10.yml': rule('first'),
    'rules/more/30.yaml': '{',
    'others/small.yaml': '{',
  });
  const loaded = await loadConfig(folder, {});
  expect(loaded.ok && loaded.config.rules.map(({ name }) => name)).toEqual(['first', 'second']);
});

test('a byte order mark and Windows line ends do not matter', async () => {
  const text = '\ufeff- rule: a\r\n  match: { subsystem: usb }\r\n  guest: g\r\n  colour: red\r\n';
  expect(await complaintsOf(folderOf({ 'rules/r.yaml': text }))).toEqual([
    'rules/r.yaml:4:3: unknown key "colour"; known here: rule, match, guest, take, access, node, links, when, unplug, tell',
  ]);
});

test('everything that is wrong in all files is said at once, sorted by place', async () => {
  const folder = folderOf({
    'hostler.yaml': 'lxcpath: /srv/lxc\n',
    'guests/a.yaml': 'guest: a\npolicy: small\nstarts: true\ndevices: open\nruntime: qemu\n',
    'rules/10.yaml': '- rule: one\n  colour: red\n  match: { subsystem: usb, link: x }\n  guest: a\n  access: z\n',
    'rules/20.yaml': '- rule: two\n  match: {}\n- rule: @\n',
    'rules/30.yaml': Buffer.from([0x23, 0xff]),
    'rules/40.yaml': '- rule: one\n  guest: [a, gone, "gone*"]\n  when: 5\n',
  });
  expect(await complaintsOf(folder, { knownGuests: ['web1'] })).toEqual([
    'guests/a.yaml:2:9: policy: no policy "small" is in policies/; write policies/small.yaml',
    'guests/a.yaml:3:1: unknown key "starts"; did you mean "start"? known here: guest, runtime, policy, devices, start, stop, restart',
    'guests/a.yaml:4:10: devices: "open" is unknown; write confined',
    'guests/a.yaml:5:10: runtime: "qemu" is unknown; write lxc or nspawn',
    'hostler.yaml:1:1: unknown key "lxcpath"; did you mean "lxcPath"? known here: lxcPath, damping, alerts, reserve, metrics, cpu, shutdown',
    'rules/10.yaml:2:3: unknown key "colour"; known here: rule, match, guest, take, access, node, links, when, unplug, tell',
    'rules/10.yaml:3:34: match.link: "x" can never match, every link is below /dev; write "/dev/x"',
    'rules/10.yaml:5:11: access: "z" is no access; write each of r (read), w (write) and m (make nodes) at most once, such as rw',
    'rules/20.yaml:3:9: not YAML: Plain value cannot start with reserved character @; write the text in quotes',
    'rules/30.yaml:1:2: not UTF-8: byte 0xff at offset 1; save the file as UTF-8',
    'rules/40.yaml:1:3: match is missing; write conditions, such as { subsystem: usb, devtype: usb_device }',
    `rules/40.yaml:1:9: the rule "one" is here a second time, first at rules/10.yaml:1:9; give one of them another name`,
    'rules/40.yaml:2:14: guest: no guest "gone" is on this host or in guests/; create it, or write guests/gone.yaml for one that is to come',
    'rules/40.yaml:3:9: when: YAML reads 5 as the number 5; write it in quotes, "5"',
  ]);
});

test('a guest has one file, and one that is named otherwise is a warning', async () => {
  const folder = folderOf({ 'guests/a.yaml': 'guest: web1\n', 'guests/web1.yaml': 'guest: web1\n' });
  const { problems, warnings } = await loadConfig(folder, {});
  expect(problems.map(({ says }) => says)).toEqual([
    `the guest "web1" is here a second time, first at ${folder}/guests/a.yaml:1:8; keep one of the two files`,
  ]);
  expect(warnings).toEqual([
    {
      place: { file: join(folder, 'guests/a.yaml'), line: 1, column: 8 },
      code: 'W_CONFIG_NAME',
      says: 'the file of guest "web1"; better named web1.yaml',
    },
  ]);
});

test('a file of a guest that is not here is a warning where the guests are known, and a near one without a file is suggested', async () => {
  const texts = {
    'guests/wbe1.yaml': 'guest: wbe1\n',
    'guests/db1.yaml': 'guest: db1\n',
    'guests/x.yaml': 'guest: x\n',
  };
  const folder = folderOf(texts);
  const warned = async (knownGuests?: readonly string[]) =>
    (await loadConfig(folder, knownGuests ? { knownGuests } : {})).warnings.map(({ says }) => says);
  expect(await warned()).toEqual([]);
  expect(await warned(['wbe1', 'db1', 'x', 'db2'])).toEqual([]);
  expect(await warned(['web1', 'db1'])).toEqual([
    'no guest "wbe1" is on this host; did you mean "web1"? until it is there nothing is done for it',
    'no guest "x" is on this host; until it is there nothing is done for it',
  ]);
});

test('an unknown guest is a problem only where the guests are known, and a near one is suggested', async () => {
  const folder = folderOf({ 'rules/r.yaml': '- rule: a\n  match: { subsystem: usb }\n  guest: sacn1\n' });
  expect((await loadConfig(folder, {})).ok).toBe(true);
  expect((await loadConfig(folder, { knownGuests: ['sacn1'] })).ok).toBe(true);
  expect(await complaintsOf(folder, { knownGuests: ['scan1'] })).toEqual([
    'rules/r.yaml:3:10: guest: no guest "sacn1" is on this host or in guests/; did you mean "scan1"? create it, or write guests/sacn1.yaml for one that is to come',
  ]);
});

function ruleFor(guest: string): string {
  return `- rule: a\n  match: { subsystem: usb }\n  guest: ${guest}\n`;
}

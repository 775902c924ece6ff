import { beforeAll, expect, test } from 'vitest';
import { complaintsOf, folderOf } from './folder.ts';

/** Rule lines that replace or follow those of a right rule; what is said about them. */
const table: readonly (readonly [lines: string, says: string])[] = [
  [
    '  colour: red',
    '4:3: unknown key "colour"; known here: rule, match, guest, take, access, node, links, when, unplug, tell',
  ],
  [
    '  acess: r',
    '4:3: unknown key "acess"; did you mean "access"? known here: rule, match, guest, take, access, node, links, when, unplug, tell',
  ],
  ['  mode: "0660"', '4:3: unknown key "mode"; write it under "node"'],
  [
    '  idVendor: "04b8"',
    '4:3: unknown key "idVendor"; known here: rule, match, guest, take, access, node, links, when, unplug, tell',
  ],
  [
    '  node: { mdoe: "0660" }',
    '4:11: unknown key "mdoe" in node; did you mean "mode"? known here: path, mode, owner, group',
  ],
  ['  match: { idVendor: "04b8" }', '2:12: unknown key "idVendor" in match; write it under "attr"'],
  [
    '  match: { not: { subsytem: usb } }',
    '2:19: unknown key "subsytem" in match.not; did you mean "subsystem"? known here: subsystem, devtype, sysname, driver, attr, port, name, property, parent, below, link, number, tag, not',
  ],
  [
    '  match: { parent: { name: x } }',
    '2:22: unknown key "name" in match.parent; known here: subsystem, devtype, sysname, driver, attr, port',
  ],
  ['  node: { mode: 0660 }', '4:17: node.mode: YAML reads 0660 as the number 660; write it in quotes, "0660"'],
  ['  node: { mode: 0o660 }', '4:17: node.mode: YAML reads 0o660 as the number 432; write it in quotes, "0660"'],
  ['  node: { mode: 660 }', '4:17: node.mode: YAML reads 660 as the number 660; write it in quotes, "0660"'],
  ['  node: { mode: "660" }', '4:17: node.mode: "660" is no mode; write four octal digits, such as "0660"'],
  ['  node: { mode: rw-rw---- }', '4:17: node.mode: "rw-rw----" is no mode; write four octal digits, such as "0660"'],
  ['  node: { mode: "0680" }', '4:17: node.mode: "0680" is no mode; write four octal digits, such as "0660"'],
  [
    '  node: { mode: "4755" }',
    '4:17: node.mode: "4755" sets setuid, setgid or sticky, which mean nothing on a device; write "0755"',
  ],
  ['  node: { mode: }', '4:11: node.mode is empty; write four octal digits in quotes, such as "0660"'],
  ['  node: { owner: 0 }', '4:18: node.owner: YAML reads 0 as the number 0; write it in quotes, "0"'],
  [
    '  node: { group: "4294967295" }',
    '4:18: node.group: 4294967295 is larger than any owner; write a number up to 4294967294, or a name',
  ],
  [
    '  node: { owner: "root:root" }',
    '4:18: node.owner: "root:root" is no name of a user or group; write letters, digits, _ . @ or -, such as root, or a number in quotes',
  ],
  [
    '  node: /dev/scanner',
    '4:9: node cannot be the text "/dev/scanner"; write how the node looks, such as { mode: "0660", group: scanner }',
  ],
  [
    '  node: { path: scanner }',
    '4:17: node.path: "scanner" is not below /dev; write an absolute path such as /dev/scanner',
  ],
  [
    '  node: { path: /dev/../etc/passwd }',
    '4:17: node.path: "/dev/../etc/passwd" contains . or ..; write the path without them',
  ],
  [
    '  node: { path: /dev//scanner }',
    '4:17: node.path: "/dev//scanner" has an empty part; write single slashes, and none at the end',
  ],
  ['  node: { path: /dev/ }', '4:17: node.path: "/dev/" has an empty part; write single slashes, and none at the end'],
  ['  node: { path: "/dev/a\\nb" }', '4:17: node.path: "/dev/a\\nb" contains a control character; leave it out'],
  [
    `  node: { path: /dev/${'ä'.repeat(128)} }`,
    `4:17: node.path: "/dev/${'ä'.repeat(52)}..." has a part of more than 255 bytes; shorten it`,
  ],
  [
    `  node: { path: /dev${'/a'.repeat(32)} }`,
    `4:17: node.path: "/dev${'/a'.repeat(26)}/..." has more than 32 parts; shorten it`,
  ],
  [
    '  links: /dev/scanner',
    '4:10: links cannot be the text "/dev/scanner"; write a list of paths below /dev, such as [/dev/scanners/front]',
  ],
  ['  links: []', '4:10: links is an empty list; write a list of paths below /dev, such as [/dev/scanners/front]'],
  ['  links: [/dev/a, /dev/a]', '4:19: an entry of links: is in the list twice; leave one out'],
  [
    '  links: [/dev/a, /tmp/b]',
    '4:19: an entry of links: "/tmp/b" is not below /dev; write an absolute path such as /dev/scanner',
  ],
  [
    '  links: [/dev/a/b]\n  node: { path: /dev/a }',
    '4:11: an entry of links: is in the way of "/dev/a"; write a path that is neither the same nor below it nor above it',
  ],
  [
    '  take: all\n  node: { path: /dev/a }',
    '5:17: node.path: "take: all" would put several devices in this one place; leave it out, or take one',
  ],
  [
    '  take: all\n  links: [/dev/a]',
    '5:10: links: "take: all" would put several devices in this one place; leave it out, or take one',
  ],
  [
    '  links: [udev:/sys/*]',
    '4:11: an entry of links: "/sys/*" can never match, every link is below /dev; write "/dev/sys/*"',
  ],
  [
    '  links: ["udev:"]',
    '4:11: an entry of links: an empty glob matches nothing; write * for anything, or leave the key out',
  ],
  [
    '  take: whole\n  links: [/dev/a, "udev:*"]',
    '5:10: links: "take: whole" would put all parts of a device in this one place; leave it out, or take one',
  ],
  ['  take: al', '4:9: take: "al" is unknown; did you mean all? write one, all or whole'],
  ['  take: true', '4:9: take cannot be the boolean true; write one, all or whole'],
  ['  unplug: kil', '4:11: unplug: "kil" is unknown; did you mean kill? write keep, warn, term or kill'],
  [
    '  access: rx',
    '4:11: access: "rx" is no access; write each of r (read), w (write) and m (make nodes) at most once, such as rw',
  ],
  [
    '  access: rwr',
    '4:11: access: "rwr" is no access; write each of r (read), w (write) and m (make nodes) at most once, such as rw',
  ],
  [
    '  when: requierd',
    '4:9: when: "requierd" is unknown; did you mean required? write optional, required or "wait 30s"',
  ],
  ['  when: wait 30', '4:9: when: "30" is no duration; write a whole number and ms, s, m or h, such as 30s'],
  ['  when: wait 0s', '4:9: when: a duration of nothing; write at least 1ms'],
  ['  when: wait 25h', '4:9: when: "25h" is longer than an hour; write at most 1h'],
  ['  match: {}', '2:10: match: has no condition and would match everything; write one, such as subsystem: usb'],
  [
    '  match: { not: {} }',
    '2:17: match.not: has no condition and would match everything; write one, such as subsystem: usb',
  ],
  [
    '  match: { attr: {} }',
    '2:18: match.attr: is empty; write attributes and their values, such as { idVendor: "04b8" }',
  ],
  [
    '  match: usb',
    '2:10: match cannot be the text "usb"; write conditions, such as { subsystem: usb, devtype: usb_device }',
  ],
  ['  match: { subsystem: [] }', '2:23: match.subsystem is an empty list; write a subsystem, such as usb'],
  ['  match: { subsystem: { is: usb } }', '2:23: match.subsystem cannot be a mapping; write a subsystem, such as usb'],
  [
    '  match: { subsystem: "" }',
    '2:23: match.subsystem: an empty glob matches nothing; write * for anything, or leave the key out',
  ],
  [
    '  match: { subsystem: usb/a }',
    '2:23: match.subsystem: "usb/a" contains a slash, which no such name does; leave it out',
  ],
  [
    '  match: { attr: { idVendor: 0403 } }',
    '2:30: match.attr.idVendor: YAML reads 0403 as the number 403; write it in quotes, "0403"',
  ],
  [
    '  match: { attr: { idVendor: 1e10 } }',
    '2:30: match.attr.idVendor: YAML reads 1e10 as the number 10000000000; write it in quotes, "1e10"',
  ],
  [
    '  match: { attr: { idVendor: [04B8] } }',
    '2:31: an entry of match.attr.idVendor: "04B8" can never match, USB ids are four lower-case hex digits; write "04b8"',
  ],
  [
    '  match: { attr: { ../secret: x } }',
    '2:20: "../secret" is no name of a sysfs attribute; write it as it is named in the device\'s folder, such as idVendor',
  ],
  [
    '  match: { property: { ID SERIAL: x } }',
    '2:24: "ID SERIAL" is no name of a udev property; write it as udevadm info shows it, such as ID_SERIAL',
  ],
  [
    '  match: { name: "[a-" }',
    '2:18: match.name: the set [a- is never closed; write ] at its end, or \\[ for the character itself',
  ],
  ['  match: { name: "tty[z-a]" }', '2:18: match.name: the range z-a runs backwards; write a-z'],
  [
    '  match: { name: "a|b" }',
    '2:18: match.name: globs know no |; write a list, [a, b], or \\| for the character itself',
  ],
  [
    '  match: { name: /dev/ttyUSB* }',
    '2:18: match.name: "/dev/ttyUSB*" can never match, the path counts from below /dev; write "ttyUSB*"',
  ],
  [
    '  match: { link: serial/by-id/* }',
    '2:18: match.link: "serial/by-id/*" can never match, every link is below /dev; write "/dev/serial/by-id/*"',
  ],
  [
    '  match: { number: "188:*" }',
    '2:20: match.number: "188:*" can never match; write c or b, a space, major, colon and minor, such as "c 188:*"',
  ],
  ['  match: { number: 188 }', '2:20: match.number: YAML reads 188 as the number 188; write it in quotes, "188"'],
  [
    '  match: { number: "c 0188:*" }',
    '2:20: match.number: "c 0188:*" can never match; write c or b, a space, major, colon and minor, such as "c 188:*"',
  ],
  [
    '  match: { port: usb1 }',
    '2:18: match.port: "usb1" can never match; write bus, dash and ports with dots, such as 1-1.2',
  ],
  [
    '  match: { port: 1-1.02 }',
    '2:18: match.port: "1-1.02" can never match; write bus, dash and ports with dots, such as 1-1.2',
  ],
  ['  match: { below: 1.5 }', '2:19: match.below: YAML reads 1.5 as the number 1.5; write it in quotes, "1.5"'],
  ['  guest:', "3:3: guest is empty; write a guest's name, a glob or a list of them, such as scan1"],
  ['  guest: true', '3:10: guest: YAML reads true as the boolean true; write it in quotes, "true"'],
  [
    '  guest: [a, -b]',
    '3:14: an entry of guest: "-b" cannot be a guest\'s name; write letters, digits, _ . or -, beginning with a letter, a digit or _',
  ],
  [
    '  guest: "web/*"',
    '3:10: guest: "web/*" cannot match any guest\'s name; write letters, digits, _ . - and the wildcards * ? [a-z]',
  ],
];

/** Whole files; what is said about them. */
const files: readonly (readonly [rules: string, says: string])[] = [
  ['- match: { subsystem: usb }\n  guest: a', '1:3: rule is missing; write a name, such as front-desk-scanner'],
  [
    '- rule: a b\n  match: { subsystem: usb }\n  guest: a',
    '1:9: rule: "a b" cannot be a rule\'s name; write up to 64 letters, digits, _ . or -, such as front-desk-scanner',
  ],
  [
    '- rule: no-match\n  guest: a',
    '1:3: match is missing; write conditions, such as { subsystem: usb, devtype: usb_device }',
  ],
  ['rule: a', '1:1: the file cannot be a mapping; write a list of rules, each beginning with "- rule: NAME"'],
  [
    'just text',
    '1:1: the file cannot be the text "just text"; write a list of rules, each beginning with "- rule: NAME"',
  ],
  ['- [a]', '1:3: a rule cannot be a list; write a rule, with the keys rule, match and guest'],
  ['- a', '1:3: a rule cannot be the text "a"; write a rule, with the keys rule, match and guest'],
];

/** One folder with a file for each row: what is wrong in one must not show in another. */
let complaints: readonly string[] = [];
const texts = [...table.map(([lines], at) => ruleWith(`r${at}`, lines)), ...files.map(([rules]) => rules)];
beforeAll(async () => {
  const named = texts.map((text, at): [string, string] => [`rules/${fileName(at)}`, text]);
  complaints = await complaintsOf(folderOf(Object.fromEntries(named)));
});

test.each(table.map((row, at) => [...row, at] as const))('%s', (_lines, says, at) => {
  expect(complaintsOfFile(at)).toEqual([says]);
});

test.each(files.map((row, at) => [...row, table.length + at] as const))('%s', (_rules, says, at) => {
  expect(complaintsOfFile(at)).toEqual([says]);
});

test('a list is bounded, so that comparing its entries is', async () => {
  const links = Array.from({ length: 257 }, (_, at) => `/dev/${at}`).join(', ');
  const folder = folderOf({ 'rules/r.yaml': ruleWith('r', `  links: [${links}]`) });
  const says = 'rules/r.yaml:4:10: links is too long a list; write at most 256, or a glob';
  expect(await complaintsOf(folder)).toEqual([says]);
});

function complaintsOfFile(at: number): readonly string[] {
  const start = `rules/${fileName(at)}:`;
  return complaints
    .filter((complaint) => complaint.startsWith(start))
    .map((complaint) => complaint.slice(start.length));
}

function fileName(at: number): string {
  return `${String(at).padStart(3, '0')}.yaml`;
}

/** A right rule of three lines with these lines in place of its own of the same key, or after them. */
function ruleWith(name: string, lines: string): string {
  const replaces = (key: string) => lines.startsWith(`  ${key}:`);
  const match = replaces('match') ? lines : '  match: { subsystem: usb }';
  const guest = replaces('guest') ? lines : '  guest: scan1';
  const more = replaces('match') || replaces('guest') ? '' : lines;
  return `- rule: ${name}\n${match}\n${guest}\n${more}\n`;
}

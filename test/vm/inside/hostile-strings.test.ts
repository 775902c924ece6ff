import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostler, onTerminal } from '../../cli/hostler.ts';
import { eventually } from '../../scenarios/eventually.ts';
import { executorOf, isAlive } from '../../scenarios/processes.ts';
import { createScene, type Scene, type SceneGuest } from '../../scenarios/scene.ts';
import { createGadget } from './gadget.ts';
import { grantsOf } from './grants.ts';
import { attribute, usbFolders, usbNode } from './sysfs.ts';
import { plugUsb, type UsbDevice, unplugAll, unplugUsb } from './usb.ts';

/** What a shell or a path would make if the text got there. */
const TRACE = '/tmp/hostile-trace';
/** Of UTF-16, in one string of USB: a descriptor has 255 bytes at most, two of them for its length and type. A gadget takes no more bytes. */
const LONGEST = 126;

/** As manufacturer, product and serial number of gadgets. Eight at a time: so many ports has the emulated controller. */
const STRINGS = [
  'HOSTILE-PLAIN-1',
  `$(touch ${TRACE})`,
  `\`touch ${TRACE}\``,
  `; touch ${TRACE};`,
  `| touch ${TRACE}`,
  `&& touch ${TRACE} #`,
  `"; touch ${TRACE}; "`,
  `'; touch ${TRACE}; '`,
  `a\ntouch ${TRACE}`,
  `a\r\ntouch ${TRACE}`,
  `\${IFS}touch\${IFS}${TRACE}`,
  `> ${TRACE}`,
  `../../../../../../../..${TRACE}`,
  TRACE,
  '/dev/sda',
  '..',
  '.',
  '-rf',
  '--help',
  '*',
  '[!a]?*',
  '\\',
  '%s%n%x%00%0a',
  'c:1:3 rwm',
  'ok\n1.1 ok event guest-gone strings',
  'A=B\nDEVNAME=/dev/mem\nMAJOR=1',
  '#{"serial":null}',
  '"}],"x":[{"',
  '\u001b[31mred\u001b[0m',
  '\u001b]0;title\u0007',
  '\u001bP1;1|17/6d\u001b\\',
  '\u009b31m\u0090q\u009c',
  '\u0007\u0008\u007f\u0001',
  'safe\u202ecilbup\u202c\u2066\u200b',
  '\u2028\u2029\ufeff',
  '\u{1f600}é\u0301ßЖ',
  'x'.repeat(LONGEST),
  '  spaces  ',
  '\u0300'.repeat(LONGEST / 2),
  '\u0080\ud7ff\ue000\ufffd\uffff',
];
/** Not UTF-8. USB says text in UTF-16, which a gadget cannot make of this: asked for it, it answers with an error. */
const UNSPEAKABLE = ['ff80c1eda080', '41c041'].map((bytes) => Buffer.from(bytes, 'hex'));
/** As serial numbers of QEMU's devices, which say each byte as a character of its own. */
const SERIALS = [
  { what: 'with commands', serials: [`$(touch ${TRACE})`, '\u009b31m\u001b[2J\nx'] },
  { what: `with ${2 * LONGEST} bytes in sysfs`, serials: ['HOSTILE-PLAIN-2', '\u00e9'.repeat(LONGEST / 2)] },
];
const ROUND = 8;
const FIRST_PRODUCT = 0x2300;

/** Characters that say nothing, or the wrong thing, on a terminal. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;
const isTold = (text: string) => !/\p{Cc}/u.test(text);
const OF_GADGETS = 'attr: { idVendor: ["04a9", "0403"] }';
const RULES = `
- { rule: devices, guest: strings, take: all, match: { subsystem: usb, devtype: usb_device, ${OF_GADGETS} } }
- { rule: lines, guest: strings, take: all, match: { subsystem: tty, parent: { ${OF_GADGETS} } }, links: ["udev:*"] }
- { rule: ambiguous, guest: strings, match: { subsystem: usb, devtype: usb_device, ${OF_GADGETS} } }
${STRINGS.map((text, at) => (isTold(text) ? ruleOf(text, at) : '')).join('')}`;

/** A rule for the device with exactly this serial number. */
function ruleOf(text: string, at: number): string {
  const glob = JSON.stringify(text.replaceAll(/[^\p{L}\p{N}]/gu, '\\$&')).replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const match = `{ subsystem: tty, parent: { attr: { idVendor: "04a9", serial: ${glob} } } }`;
  return `- { rule: of-${at}, guest: strings, match: ${match}, node: { path: /dev/of/${at} } }\n`;
}

describe('what USB devices say of themselves', () => {
  let scene: Scene;
  let guest: SceneGuest;
  let processes: readonly number[];

  beforeAll(async () => {
    scene = await createScene({ rules: RULES, settings: 'damping: off' });
    guest = await scene.guest('strings');
    processes = [scene.agent.pid(), executorOf(scene.agent.pid())];
    expect((await scene.agent.status()).config.problems).toEqual([]);
  });
  afterAll(() => scene?.end());

  /** The guest has what the host has of these devices, and nothing that came of their words. */
  const isRight = async (count: number) => {
    const inside = await guest.inside();
    await eventually(() => {
      const host = hostSide();
      expect([host.devices.length, host.lines.length]).toEqual([count, count]);
      expect(inside.names()).toEqual(withFolders([...host.devices, ...host.lines, ...host.links, ...host.told]));
    });
    for (const { name, line } of hostSide().rules) {
      expect(inside.node(`/dev/${name}`).split(' ')[0]).toBe(inside.node(`/dev/${line}`).split(' ')[0]);
    }
    await eventually(async () =>
      expect((await scene.agent.guest('strings')).refusals.map(({ code }) => code)).toEqual(['E_AMBIGUOUS']),
    );
  };
  const saysNothingRaw = async () => {
    const [line = ''] = hostSide().lines;
    const words = ['--socket', scene.agent.controlSocket];
    const said = [
      await onTerminal(['devices', ...words].join(' '), { NO_COLOR: '1' }),
      (await hostler(['devices', '--json', ...words])).out,
      (await hostler(['why', `/dev/${line}`, ...words])).out,
      (await hostler(['events', ...words])).out,
    ];
    for (const text of said) {
      expect(text).toContain('strings');
      expect(text.split('\n').filter((one) => UNPRINTABLE.test(one))).toEqual([]);
    }
  };
  const isUnharmed = () => {
    expect([scene.agent.pid(), executorOf(scene.agent.pid())]).toEqual(processes);
    expect(processes.every(isAlive)).toBe(true);
    expect([TRACE, join(guest.folder, 'rootfs', TRACE)].filter((path) => existsSync(path))).toEqual([]);
    expect(journal(processes).filter((line) => UNPRINTABLE.test(line))).toEqual([]);
    expect(
      scene.agent
        .log()
        .split('\n')
        .filter((line) => UNPRINTABLE.test(line)),
    ).toEqual([]);
  };
  const isEmpty = async () => {
    const inside = await guest.inside();
    await eventually(() => expect(inside.names()).toEqual([]));
    expect(grantsOf('strings')).toEqual([]);
  };

  /** Plugs in a gadget for each text and pulls it out again; `heard` is what the kernel has of a text. */
  const says = async (
    texts: readonly (string | Buffer)[],
    first: number,
    heard: (text: string | Buffer) => string | undefined,
  ) => {
    // With its number in front, so that udev does not make the same name of two of them.
    const numbered = (text: string | Buffer, slot: number) =>
      Buffer.concat([Buffer.from(String(first + slot)), Buffer.from(text)]).subarray(0, LONGEST);
    const gadgets = texts.map((text, slot) =>
      createGadget({
        name: `words${slot}`,
        vendor: 0x04a9,
        product: FIRST_PRODUCT + first + slot,
        strings: { manufacturer: numbered(text, slot), product: text, serialnumber: text },
        functions: ['acm'],
      }),
    );
    try {
      for (const [slot, gadget] of gadgets.entries()) gadget.plug(slot);
      await isRight(texts.length);
      for (const [slot, text] of texts.entries()) {
        const words = [numbered(text, slot), text, text].map(heard);
        expect(wordsOf('04a9', (FIRST_PRODUCT + first + slot).toString(16))).toEqual([words]);
      }
      await saysNothingRaw();
    } finally {
      for (const gadget of gadgets) gadget.destroy();
    }
    await isEmpty();
    isUnharmed();
  };

  const rounds = Array.from({ length: STRINGS.length / ROUND }, (_, round) => round * ROUND);
  test.each(rounds)('does nothing but name them, strings from number %i', (first) =>
    says(STRINGS.slice(first, first + ROUND), first, String),
  );

  test('is not known where it is not text: a gadget that shall say it says nothing, and is given all the same', () =>
    says(UNSPEAKABLE, STRINGS.length, () => undefined));

  test.each(SERIALS)("does nothing but name them, serial numbers of QEMU's devices $what", async ({ serials }) => {
    const devices = serials.map(
      (serial, at): UsbDevice => ({ id: `words${at}`, driver: 'usb-serial', port: String(at + 1), serial }),
    );
    try {
      for (const device of devices) await plugUsb(device);
      await isRight(serials.length);
      const heard = wordsOf('0403', '6001').map(([, , serial]) => serial);
      expect(heard.sort()).toEqual(serials.map((serial) => Buffer.from(serial).toString('latin1')).sort());
      await saysNothingRaw();
      for (const device of devices) await unplugUsb(device);
    } finally {
      await unplugAll(devices.map(({ id }) => id));
    }
    await isEmpty();
    isUnharmed();
  });
});

/** Of a line of a gadget; a line of a real adapter has a driver of its own in between, and no such number there. */
function productOf(line: string): number {
  const folder = join(realpathSync(`/sys/class/tty/${line}`), '../../..');
  return existsSync(join(folder, 'idProduct')) ? Number.parseInt(attribute(folder, 'idProduct'), 16) : Number.NaN;
}

/** What the kernel and udev have of these devices, by names below /dev. */
function hostSide() {
  const devices = usbFolders().filter((folder) => /^(?:04a9|0403)$/.test(attribute(folder, 'idVendor')));
  const lines = readdirSync('/sys/class/tty').filter((name) => /^tty(?:ACM|USB)\d/.test(name));
  const rules = lines.flatMap((line) => {
    const at = productOf(line) - FIRST_PRODUCT;
    return isTold(STRINGS[at] ?? '\n') ? [{ name: `of/${at}`, line }] : [];
  });
  return {
    devices: devices.map((folder) => usbNode(folder).slice('/dev/'.length)),
    lines,
    links: ['serial/by-id', 'serial/by-path'].flatMap(printableLinks),
    rules,
    told: rules.map(({ name }) => name),
  };
}

/** Manufacturer, product and serial number of each USB device of that make, as the kernel has them. */
function wordsOf(vendor: string, product: string) {
  return usbFolders()
    .filter((folder) => attribute(folder, 'idVendor') === vendor && attribute(folder, 'idProduct') === product)
    .map((folder) => ['manufacturer', 'product', 'serial'].map((name) => wholeLine(join(folder, name))));
}

/** Without the line's end and with all else; undefined where the kernel has none. */
function wholeLine(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').slice(0, -1) : undefined;
}

function printableLinks(folder: string): readonly string[] {
  if (!existsSync(`/dev/${folder}`)) return [];
  return readdirSync(`/dev/${folder}`)
    .filter((name) => !UNPRINTABLE.test(name))
    .map((name) => `${folder}/${name}`);
}

function withFolders(names: readonly string[]): readonly string[] {
  const folders = names.flatMap((name) => [...name.matchAll(/\//g)].map(({ index }) => name.slice(0, index + 1)));
  return [...new Set([...names, ...folders])].sort();
}

/** What these processes said, as it would be on a terminal. */
function journal(processes: readonly number[]): readonly string[] {
  const words = processes.map((pid) => `_PID=${pid}`);
  return execFileSync('journalctl', ['--output=cat', '--all', ...words], { encoding: 'utf8' }).split('\n');
}

import { describe, expect, test } from 'vitest';
import type { Device } from '../../src/model/device.ts';
import { failureText } from '../../src/model/failure.ts';
import type { Rule } from '../../src/model/rule.ts';
import { replugged, rule, serial } from './make.ts';
import { pass, plan, type Story, story } from './story.ts';
import { emptyWorld, type File, tamper } from './world.ts';

const tty = { subsystem: ['tty'] };
const usbNode = serial({ node: '/dev/bus/usb/001/004' });

/** The actions, one line each. */
function lines(of: Story): readonly string[] {
  return plan(of).actions.map((action) => Object.values(action).map(word).join(' '));
}

/** Those that make or take something. */
function made(of: Story): readonly string[] {
  return lines(of).filter((line) => !line.startsWith('tell '));
}

function word(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value).replaceAll('"', '') : String(value);
}

function refusals(of: Story): readonly string[] {
  return plan(of).refusals.map(failureText);
}

function scanner(said: Partial<Rule> = {}, device: Device = usbNode): Story {
  return story(
    [rule('scanner', { match: tty, links: ['/dev/scanners/front'], node: { mode: 0o640, group: 'scanner' }, ...said })],
    [device],
  );
}

function withFile(before: Story, path: string, file: File | undefined): Story {
  return { ...before, world: tamper(before.world, path, file) };
}

describe('a device that comes', () => {
  test('is given as the disk that was decided on', () => {
    const disk = { ...usbNode, node: '/dev/sda', diskseq: '12' };
    expect(made(scanner({ links: [] }, disk))).toEqual([
      'grant c:188:0 rw 12',
      'make-node /dev/sda c:188:0 {mode:416,uid:0,gid:104} 12',
    ]);
    const { after } = plan(scanner({}, disk));
    expect(after.grants).toEqual([{ number: 'c:188:0', access: 'rw' }]);
  });

  test('is allowed, then made with its owner, then linked', () => {
    expect(made(scanner())).toEqual([
      'grant c:188:0 rw',
      'make-folder /dev/bus',
      'make-folder /dev/bus/usb',
      'make-folder /dev/bus/usb/001',
      'make-folder /dev/scanners',
      'make-node /dev/bus/usb/001/004 c:188:0 {mode:416,uid:0,gid:104}',
      'make-link /dev/scanners/front /dev/bus/usb/001/004',
    ]);
  });

  test('under another number replaces its old self and leaves nothing of it', () => {
    const back = { ...pass(scanner()), devices: [replugged(3)] };
    expect(made(back)).toEqual([
      'revoke c:188:0 rw',
      'remove-link /dev/scanners/front /dev/bus/usb/001/004',
      'remove-node /dev/bus/usb/001/004 c:188:0',
      'grant c:188:3 rw',
      'make-node /dev/ttyUSB3 c:188:3 {mode:416,uid:0,gid:104}',
      'make-link /dev/scanners/front /dev/ttyUSB3',
      'remove-folder /dev/bus/usb/001',
      'remove-folder /dev/bus/usb',
      'remove-folder /dev/bus',
    ]);
  });

  test('has the owner, group and mode that somebody in the guest gave it, where the rule states nothing', () => {
    const first = pass(scanner({ node: {} }));
    const chowned = withFile(first, usbNode.node ?? '', {
      kind: 'device',
      number: 'c:188:0',
      ownership: { mode: 0o600, uid: 1000, gid: 0 },
    });
    const back = pass({ ...pass({ ...chowned, devices: [] }), devices: [replugged(3)] });
    expect(back.world.files.get('/dev/ttyUSB3')).toMatchObject({ ownership: { mode: 0o600, uid: 1000, gid: 0 } });
  });

  test('may take the place of a folder that was ours', () => {
    const before = pass(story([rule('one', { match: tty, node: { path: '/dev/a/b' } })], [serial()]));
    const after = pass({ ...before, rules: [rule('one', { match: tty, node: { path: '/dev/a' } })] });
    expect(after.world.files.get('/dev/a')?.kind).toBe('device');
    expect(after.ledger.folders).toEqual([]);
  });
});

describe('devices that go together', () => {
  test('go child first, however deep and wherever they were plugged', () => {
    const deep = serial();
    const usb = { devpath: '/devices/pci0/usb1/1-1/1-1.2', node: '/dev/bus/usb/001/004' };
    const hub = { devpath: '/devices/pci0/usb1/1-1', node: '/dev/bus/usb/001/002' };
    const disk = { devpath: '/devices/pci0/usb1/1-1/1-1.3/host1/target1/1:0:0:0/block/sda', node: '/dev/sda' };
    const devices = [hub, usb, disk, { devpath: `${disk.devpath}/sda1`, node: '/dev/a1' }, { ...deep, node: '/dev/z' }]
      .map((said, minor) => serial({ ...said, number: { type: 'c', major: 188, minor } }))
      .map((device, seq) => ({ ...device, diskseq: `${seq}` }));
    const there = pass(story([rule('all', { take: 'all' })], devices));
    expect(lines({ ...there, devices: [] }).filter((line) => line.startsWith('remove-node'))).toEqual([
      'remove-node /dev/a1 c:188:3',
      'remove-node /dev/sda c:188:2',
      'remove-node /dev/z c:188:4',
      'remove-node /dev/bus/usb/001/004 c:188:1',
      'remove-node /dev/bus/usb/001/002 c:188:0',
    ]);
  });
});

describe('owner and group', () => {
  test('are looked up in the guest; a number needs no name', () => {
    expect(made(scanner({ node: { owner: 'scan', group: '77' }, links: [] })).at(-1)).toContain('uid:1000,gid:77');
  });

  test('that the guest does not know are refused, and no node is made', () => {
    const before = scanner({ node: { group: 'gnomes' }, links: [] });
    expect(lines(before)).toEqual([]);
    expect(refusals(before)).toEqual([
      'E_NAME_UNKNOWN web1:/dev/bus/usb/001/004: group gnomes is not in the guest; ' +
        'add it inside the guest, or state a number or another name in the rule',
    ]);
  });

  test('of the host that the guest does not know become root', () => {
    const device = serial({ hostNode: { mode: 0o664, owner: '1000', group: 'unheard-of' } });
    expect(made(scanner({ node: {}, links: [] }, device)).at(-1)).toContain('{mode:436,uid:0,gid:0}');
  });
});

describe('a guest that changes what a rule states', () => {
  const changed = (before: Story) =>
    withFile(before, '/dev/ttyUSB0', {
      kind: 'device',
      number: 'c:188:0',
      ownership: { mode: 0o666, uid: 0, gid: 20 },
    });
  const modem = pass(story([rule('modem', { match: tty, node: { mode: 0o640 } })], [serial()]));

  test('is corrected, but keeps what the rule does not state', () => {
    expect(lines(changed(modem))).toEqual(['set-node /dev/ttyUSB0 c:188:0 {mode:416,uid:0,gid:20}']);
  });

  test('is corrected five times in a minute, then left alone until the minute is over', () => {
    let now = modem;
    for (let times = 0; times < 5; times += 1) now = pass(changed(now));
    const fight = plan(changed(now));
    expect(fight.actions).toEqual([]);
    expect(fight.wakeAt).toBe(modem.now + 60_000);
    expect(fight.refusals.map(failureText)[0]).toMatch(
      /^E_FIGHT web1:\/dev\/ttyUSB0: changed again after 5 corrections/,
    );
    expect(plan({ ...changed(now), now: modem.now + 60_000 }).actions).toHaveLength(1);
  });

  test('by taking the node away is corrected within the same bound', () => {
    let now = modem;
    for (let times = 0; times < 5; times += 1) now = pass(withFile(now, '/dev/ttyUSB0', undefined));
    expect(refusals(withFile(now, '/dev/ttyUSB0', undefined))[0]).toContain('E_FIGHT');
  });

  test('is not to blame when it is the rule that changed', () => {
    let now = modem;
    for (const mode of [0o600, 0o660, 0o600, 0o660, 0o600, 0o660, 0o600]) {
      now = pass({ ...now, rules: [rule('modem', { match: tty, node: { mode } })] });
    }
    expect(now.world.files.get('/dev/ttyUSB0')).toMatchObject({ ownership: { mode: 0o600 } });
    expect(now.ledger.corrections).toEqual({});
  });
});

describe('what is in the way', () => {
  test.each<[string, File, string]>([
    [
      '/dev/bus',
      { kind: 'link', target: '/etc' },
      'E_PATH_ESCAPE web1:/dev/bus: symbolic link in a guest path refused; remove the link inside the guest',
    ],
    ['/dev/bus/usb', { kind: 'file' }, 'E_NODE_FOREIGN web1:/dev/bus/usb: a file is in the way'],
    ['/dev/bus/usb/001/004', { kind: 'fifo' }, 'E_NODE_FOREIGN web1:/dev/bus/usb/001/004: a fifo is in the way'],
    ['/dev/bus/usb/001/004', { kind: 'folder' }, 'E_NODE_FOREIGN web1:/dev/bus/usb/001/004: a folder is in the way'],
    [
      '/dev/bus/usb/001/004',
      { kind: 'link', target: '/dev/sda' },
      'E_NODE_FOREIGN web1:/dev/bus/usb/001/004: a link to /dev/sda is in the way',
    ],
  ])('at %s is named, not touched, and keeps nothing else waiting', (path, file, says) => {
    const two = [
      rule('scanner', { match: { sysname: ['ttyUSB0'] } }),
      rule('modem', { match: { sysname: ['ttyUSB1'] } }),
    ];
    const before = withFile(story(two, [usbNode, replugged(1)]), path, file);
    expect(refusals(before)).toHaveLength(1);
    expect(refusals(before)[0]).toContain(says);
    const after = pass(before);
    expect(after.world.files.get(path)).toEqual(file);
    expect(after.world.files.get('/dev/ttyUSB1')?.kind).toBe('device');
  });

  test('of a link keeps the node from nothing', () => {
    const before = withFile(scanner(), '/dev/scanners/front', { kind: 'file' });
    expect(refusals(before)[0]).toContain('E_NODE_FOREIGN web1:/dev/scanners/front');
    expect(pass(before).world.files.get('/dev/bus/usb/001/004')?.kind).toBe('device');
  });

  test('and is a node of another number gives way', () => {
    const before = withFile(scanner({ links: [] }, serial()), '/dev/ttyUSB0', {
      kind: 'device',
      number: 'c:4:64',
      ownership: { mode: 0o666, uid: 0, gid: 0 },
    });
    expect(pass(before).world.files.get('/dev/ttyUSB0')).toMatchObject({ number: 'c:188:0' });
  });

  test('of a node that has to go: it loses its permission, and is tried again', () => {
    const before = pass(scanner({ links: [] }));
    const hidden = { ...withFile(before, '/dev/bus', { kind: 'link', target: '/etc' }), devices: [] };
    expect(lines(hidden)).toEqual(['revoke c:188:0 rw']);
    expect(refusals(hidden)[0]).toContain('E_PATH_ESCAPE web1:/dev/bus:');
    expect(pass(hidden).ledger.nodes.map(({ path }) => path)).toEqual(['/dev/bus/usb/001/004']);
  });

  test('stays ours with the folders above it while a link hides it: all of it goes when it can be reached again', () => {
    const before = pass(scanner({ links: [] }));
    const hidden = pass({ ...withFile(before, '/dev/bus', { kind: 'link', target: '/etc' }), devices: [] });
    expect(hidden.ledger.folders).toEqual(before.ledger.folders);
    expect(pass({ ...hidden, world: { ...hidden.world, files: before.world.files } }).world.files).toEqual(
      emptyWorld().files,
    );
  });

  test('in a folder of ours is tried once; the folder goes when it is empty', () => {
    const used = withFile(pass(scanner({ links: [] })), '/dev/bus/usb/001/notes', { kind: 'file' });
    const unplugged = pass({ ...used, devices: [] });
    expect(plan(unplugged).actions).toEqual([]);
    const empty = pass(withFile(unplugged, '/dev/bus/usb/001/notes', undefined));
    expect(empty.world.files).toEqual(emptyWorld().files);
  });
});

describe('a guest whose policy', () => {
  const modem = rule('modem', { match: tty });

  test('is open is left open, and that is said', () => {
    const open = story([modem], [serial()], { world: emptyWorld('open') });
    expect(made(open)).toEqual(['make-node /dev/ttyUSB0 c:188:0 {mode:432,uid:0,gid:20}']);
    expect(refusals(open)[0]).toContain('W_OPEN_POLICY web1');
  });

  test('is open and is to be closed has its grants before anything else happens', () => {
    const open = story([modem], [serial()], { world: emptyWorld('open'), confine: true });
    expect(made(open)).toEqual([
      'confine',
      'grant c:188:0 rw',
      'make-node /dev/ttyUSB0 c:188:0 {mode:432,uid:0,gid:20}',
    ]);
  });

  test('is a program of the runtime has it replaced by one that starts with what was allowed', () => {
    const world = { ...emptyWorld('foreign'), grants: new Map([['c:1:3', 'rwm']]) };
    expect(lines(story([modem], [serial()], { world }))[0]).toBe(
      'adopt-program [{number:c:188:0,access:rw},{number:c:1:3,access:rwm}]',
    );
  });

  test('is a program of the runtime stays where what it allows and ours are more than one can hold', () => {
    const full = (count: number) => {
      const grants = new Map(Array.from({ length: count }, (_, minor) => [`c:240:${minor}`, 'rw']));
      return story([modem], [serial()], { world: { ...emptyWorld('foreign'), grants } });
    };
    expect(lines(full(1023))[0]).toMatch(/^adopt-program /);
    expect(lines(full(1024)).join()).not.toContain('adopt-program');
    expect(refusals(full(1024))[0]).toContain('E_GRANTS_FULL web1: ');
  });

  test('is a program of the runtime is left alone while the guest is to have nothing', () => {
    expect(lines(story([], [serial()], { world: emptyWorld('foreign') }))).toEqual([]);
  });

  test('allows a part of it already keeps that part when the device goes', () => {
    const device = serial({ number: { type: 'c', major: 188, minor: 1 } });
    const before = pass(story([modem], [device]));
    expect(before.ledger.grants).toEqual([{ number: 'c:188:1', access: 'w' }]);
    expect(pass({ ...before, devices: [] }).world.grants.get('c:188:1')).toBe('r');
  });

  test('lost a grant behind our back has it again', () => {
    const before = pass(story([modem], [serial()]));
    expect(lines({ ...before, world: { ...before.world, grants: new Map() } })).toEqual(['grant c:188:0 rw']);
  });

  test('allows more than a rule still wants is narrowed without a gap', () => {
    const before = pass(story([modem], [serial()]));
    expect(lines({ ...before, rules: [{ ...modem, access: 'r' }] })).toEqual(['revoke c:188:0 w']);
  });
});

describe('a program that holds a device that is gone', () => {
  const holder = { pid: 31, startTime: '99', command: 'scand', number: 'c:188:0' as const };
  const held = (unplug: Rule['unplug']) => {
    const before = pass(story([rule('scanner', { match: tty, unplug })], [serial()]));
    const gone = pass({ ...before, devices: [] });
    return { ...gone, world: { ...gone.world, holders: [holder] } };
  };

  test('is looked for at once', () => {
    const before = pass(story([rule('scanner', { match: tty, unplug: 'term' })], [serial()]));
    expect(plan({ ...before, devices: [] }).wakeAt).toBe(before.now);
  });

  test.each([
    ['term', ['signal 31 99 TERM scand']],
    ['kill', ['signal 31 99 KILL scand']],
    ['warn', []],
    ['keep', []],
  ] as const)('is told once: %s', (unplug, expected) => {
    const before = held(unplug);
    expect(lines(before)).toEqual(expected);
    const told = pass(before);
    expect(plan({ ...told, world: before.world })).toMatchObject({ actions: [], refusals: [] });
  });

  test('is named when it was asked to end and has not after five seconds, once', () => {
    const before = held('term');
    const told = { ...pass(before), world: before.world };
    expect(plan(told).wakeAt).toBe(before.now + 5_000);
    const later = pass({ ...told, now: before.now + 4_999 });
    expect(refusals(later)).toEqual([]);
    const over = { ...later, now: before.now + 5_000 };
    expect(refusals(over)[0]).toMatch(
      /^W_HOLDER web1:c:188:0: scand \(31\) was asked to end 5 s ago and still holds a device that is gone/,
    );
    expect(plan(over).actions).toEqual([]);
    const named = pass(over);
    expect([refusals(named), plan(named).wakeAt]).toEqual([[], undefined]);
  });

  test('is waited for, but not asked to end, when the device is there and the rule says keep', () => {
    const before = pass(story([rule('scanner', { match: tty })], [serial()]));
    const taken = pass({ ...before, rules: [], world: { ...before.world, holders: [holder] } });
    expect(taken.ledger.released).toMatchObject([{ number: 'c:188:0', device: serial().devpath, unplug: 'keep' }]);
    const looked = pass({ ...taken, world: { ...taken.world, holders: [holder] } });
    expect([lines(looked), refusals(looked)]).toEqual([[], []]);
    expect(looked.ledger.released).toHaveLength(1);
    expect(pass({ ...looked, devices: [] }).ledger.released).toEqual([]);
    expect(pass({ ...looked, world: { ...looked.world, holders: [] } }).ledger.released).toEqual([]);
  });

  test('is named where the rule only warns', () => {
    expect(refusals(held('warn'))[0]).toMatch(/^W_HOLDER web1:c:188:0: scand \(31\) still holds a device that is gone/);
  });

  test('that nobody can see now is neither told nor forgotten, nor is time lost that it has', () => {
    const before = held('term');
    const told = { ...pass(before), world: before.world };
    const refusal = { code: 'W_HOLDER_UNKNOWN', subject: 'web1:c:188:0', detail: 'look: proc EMFILE' } as const;
    const unseen = { ...told.world, holders: [], unknownHolders: new Map([[holder.number, refusal]]) };
    const blind = { ...told, now: before.now + 5_000, world: unseen };
    expect(plan(blind)).toMatchObject({ actions: [], refusals: [refusal] });
    expect([plan(blind).wakeAt, plan(blind).after.released]).toEqual([undefined, told.ledger.released]);
    expect(refusals({ ...blind, world: before.world })[0]).toMatch(/^W_HOLDER web1:c:188:0: .* asked to end 5 s ago/);
  });

  test('is forgotten when it has let go, and spared when the device is back', () => {
    const before = held('term');
    expect(pass({ ...before, world: { ...before.world, holders: [] } }).ledger.released).toEqual([]);
    expect(lines({ ...before, devices: [serial()] })).not.toContain('signal 31 99 TERM scand');
  });
});

describe('a device that is given before udev has finished with it', () => {
  const early = serial({ unrecorded: true, hostNode: { mode: 0o600, owner: 'root', group: 'root' } });
  const made = pass(story([rule('serial', { match: tty })], [early]));

  test('has its first owner and mode when udev has', () => {
    expect(lines({ ...made, devices: [serial()] })).toEqual(['set-node /dev/ttyUSB0 c:188:0 {mode:432,uid:0,gid:20}']);
    expect(lines(pass({ ...made, devices: [serial()] }))).toEqual([]);
  });

  test('keeps what somebody in the guest made of it meanwhile', () => {
    const ownership = { mode: 0o640, uid: 1000, gid: 0 };
    const chowned = withFile(made, '/dev/ttyUSB0', { kind: 'device', number: 'c:188:0', ownership });
    expect(lines({ ...chowned, devices: [serial()] })).toEqual([]);
  });

  test('is not followed any further afterwards: its owner belongs to the guest', () => {
    const finished = pass({ ...made, devices: [serial()] });
    const changed = serial({ hostNode: { mode: 0o666, owner: 'root', group: 'root' } });
    expect(lines({ ...finished, devices: [changed] })).toEqual([]);
  });
});

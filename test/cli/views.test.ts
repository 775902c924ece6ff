import { expect, test } from 'vitest';
import type { EvidenceView, GuestLifeView } from '../../src/ports/agent.ts';
import { alerts, devices, events, listed, plans, scan1, scanner, status } from '../control/agent-value.ts';
import { hostler } from './hostler.ts';
import { askAgent, served } from './served.ts';

function text(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

test('list prints the host and one line a guest, a star where something is still to be done', async () => {
  expect(await askAgent(['list'])).toEqual({
    code: 0,
    err: '',
    out: text(
      'NAME   STATE     PROC   VSZ     RSS    USER     SYSTEM   TOKENS   UPTIME  DEVICES  PROBLEMS',
      'host   running   >4096  >98.6M  >412K  0:01:23  0:00:07  -        12d00h  -        0',
      'scan1  running   12     98.6M   412K   0:01:23  0:00:07  480/500  1h05m   1        0',
      'web1   stopped*  -      -       -      -        -        -        -       0        1',
    ),
  });
});

test('show prints a guest with its nodes, owners as the guest counts, and the refusals with their remedy', async () => {
  expect((await askAgent(['show', 'scan1'])).out).toBe(
    text(
      'name       scan1',
      'runtime    lxc',
      'state      running',
      'converged  yes',
      'pid        812',
      'cgroup     /lxc.payload.scan1',
      'policy     confined',
      'last pass  2026-03-01T11:59:00.000Z',
      '',
      'NODE                  NUMBER   MODE  OWNER  RULE                DEVICE',
      '/dev/bus/usb/001/004  c:189:3  0660  0:104  front-desk-scanner  /devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.2',
    ),
  );
  expect((await askAgent(['show', 'web1'])).out).toContain('E_NODE_FOREIGN web1:/dev/ttyUSB0: a file is in the way');
});

test('show tells what is done with a guest and what became of it before', async () => {
  const life: GuestLifeView = {
    doing: 'late',
    awaits: 'port 5432',
    startedAt: '2026-03-01T11:50:00.000Z',
    end: { at: '2026-03-01T11:40:00.000Z', why: 'by-itself' },
    stops: { count: 20, killed: 2, lastMs: 2140, mostMs: 61_000 },
    crashes: 1,
    reboots: 2,
    isUnclean: true,
  };
  const evidence: EvidenceView = {
    at: '2026-03-01T11:30:00.000Z',
    why: 'killed',
    count: 500,
    says: 'killed: 500 processes, nfsd (process 7, D in rpc_wait) and others',
    processes: [],
  };
  const { out } = await askAgent(['show', 'scan1'], { guest: () => ({ ...scan1, life, evidence }) });
  const facts = out.split('\n').map((line) => line.replace(/ {2,}/, ': '));
  for (const fact of [
    'state: late',
    'waits until: port 5432',
    'last start: 2026-03-01T11:50:00.000Z',
    'last end: 2026-03-01T11:40:00.000Z, by itself',
    'stops: 20 known, the last one took 2.1 s, 19 of 20 at most 61.0 s, 2 killed',
    'ended by itself: 1 time',
    'evidence: 2026-03-01T11:30:00.000Z, killed: 500 processes, nfsd (process 7, D in rpc_wait) and others',
    'rebooted from inside: 2 times',
    'unclean: the host died while it ran',
  ])
    expect(facts).toContain(fact);
});

test('devices prints number, node, port and id, and who has it', async () => {
  expect((await askAgent(['devices'])).out).toBe(
    text(
      'NUMBER   NODE                  SUBSYSTEM  PORT/ID          GIVEN TO',
      'c:189:3  /dev/bus/usb/001/004  usb        1-1.2 04b8:011f  scan1 /dev/bus/usb/001/004',
      'b:7:7    /dev/loop7            block      -                -',
    ),
  );
  expect((await askAgent(['devices', 'scan1', '--no-legend'])).out).toMatch(/^c:189:3 .*\n$/);
  expect(await askAgent(['devices', 'web1', '--no-legend'])).toEqual({
    code: 0,
    out: '',
    err: 'web1 has no devices\n',
  });
});

test('why prints for each rule that it matches or both values of the first condition that does not hold', async () => {
  expect((await askAgent(['why', '/dev/bus/usb/001/004'])).out).toBe(
    text(
      '/dev/bus/usb/001/004  c:189:3  usb  1-1.2 04b8:011f',
      'scan1 has it as /dev/bus/usb/001/004 by front-desk-scanner',
      '',
      'RULE                MATCHES  BECAUSE                                   WRITTEN AT',
      'front-desk-scanner  yes      for scan1                                 rules/usb.yaml:3:3',
      'office-printer      no       attr.idVendor should be 03f0 and is 04b8  rules/usb.yaml:12:3',
    ),
  );
});

test('limits prints what is held, most held, barrier, limit and hits, the name of a guest once', async () => {
  expect((await askAgent(['limits'])).out).toBe(
    text(
      'GUEST  POLICY         RESOURCE   HELD      MAX HELD  BARRIER  LIMIT   HITS',
      'web1   small-service  rss        123MiB    500.5MiB  384MiB   512MiB  3',
      '                      as         123MiB    -         -        768MiB  0',
      '                      oom        -         -         -        -       1',
      '                      processes  12        30        -        512     0',
      '                      cpu        02:01:01  -         -        25%     4711',
    ),
  );
  expect((await askAgent(['limits', 'nobody'])).code).toBe(4);
});

test('limits of one guest say why its bucket is not kept by the kernel', async () => {
  const limits = () => [{ guest: 'web1', rows: [], refusals: [], bucket: 'the kernel does not refill in lumps' }];
  expect((await askAgent(['limits', 'web1'], { limits })).err).toBe(
    'web1: hostler itself keeps its bucket of CPU time: the kernel does not refill in lumps\n',
  );
  expect((await askAgent(['limits'], { limits })).err).toBe('');
});

test('alerts prints what goes on, what is over, and how the sinks are', async () => {
  expect((await askAgent(['alerts'])).out).toBe(
    text(
      'STATE          GUEST  RESOURCE   SINCE                     UNTIL                     HITS  LEVEL',
      'firing         scan1  processes  2026-03-01T11:40:00.000Z  -                         37    100 %',
      'firing, muted  scan1  oom        2026-03-01T11:41:00.000Z  -                         1     -',
      'over           web1   rss        2026-03-01T11:00:00.000Z  2026-03-01T11:05:00.000Z  4     -',
      '',
      'SINK                                WAITING  SENT  UNDELIVERED  PROBLEM',
      'alertmanager http://127.0.0.1:9093  0        12    0            -',
      'mail root                           2        0     1            ended with 75',
    ),
  );
  const nothing = { alerts: () => ({ open: [], recent: [], sinks: [] }) };
  expect(await askAgent(['alerts'], nothing)).toEqual({
    code: 0,
    out: '',
    err: text('no alerts', 'no sinks are written in hostler.yaml; alerts go to the journal only'),
  });
  expect(JSON.parse((await askAgent(['alerts', '--json'])).out)).toEqual(alerts);
});

test('alerts test says for each sink what became of the alert, and fails when one does not take it', async () => {
  expect(await askAgent(['alerts', 'test'])).toEqual({
    code: 1,
    err: '',
    out: text(
      'alertmanager http://127.0.0.1:9093  taken      3 ms',
      'mail root                           not taken  21 ms  ended with 75',
    ),
  });
  expect((await askAgent(['alerts', 'test', 'alertmanager'])).code).toBe(0);
  expect(await askAgent(['alerts', 'test', 'pager'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^hostler: E_NO_SINK pager: no such sink of alerts; hostler alerts shows them/),
  });
  expect(await askAgent(['alerts', 'tset'])).toMatchObject({ code: 2, err: expect.stringContaining('only test is') });
});

test('plan prints what makes, takes away and changes, and says when there is nothing to do', async () => {
  expect(await askAgent(['plan'])).toEqual({
    code: 0,
    err: '',
    out: text(
      'scan1',
      '  + grant c:189:4 rw',
      '  + node /dev/bus/usb/001/005 c:189:4 0660 0:104',
      '  - node /dev/bus/usb/001/004 c:189:3',
      '  - grant c:189:3 rw',
    ),
  });
  expect(await askAgent(['plan', 'web1'])).toEqual({ code: 0, out: '', err: 'nothing to do\n' });
  expect(await askAgent(['plan', 'web1', '-q'])).toEqual({ code: 0, out: '', err: '' });
});

test('every verb of a plan has its own line', async () => {
  const { out } = await askAgent(['plan'], {
    plan: async () => [
      {
        guest: 'web1',
        actions: [
          { verb: 'confine' },
          {
            verb: 'adopt-program',
            allowed: [
              { number: 'c:1:3', access: 'rwm' },
              { number: 'c:188:*', access: 'rw' },
            ],
          },
          { verb: 'make-folder', path: '/dev/dvb' },
          { verb: 'set-node', path: '/dev/dvb/demux0', number: 'c:212:1', ownership: { mode: 0o4, uid: 7, gid: 8 } },
          { verb: 'make-link', path: '/dev/tv', target: 'dvb/demux0' },
          { verb: 'remove-link', path: '/dev/old', target: 'dvb/demux1' },
          { verb: 'remove-folder', path: '/dev/usb' },
          { verb: 'signal', pid: 12, startTime: '99', signal: 'TERM', command: 'scand' },
        ],
        limits: [
          { file: 'cpu.max', value: '37500 150000', held: 'max 100000', why: 'the kernel does not refill in lumps' },
          { file: 'memory.max', value: '536870912', held: 'max' },
        ],
        refusals: [{ code: 'E_FIGHT', subject: 'web1:/dev/dvb/demux0', detail: '5' }],
      },
    ],
  });
  expect(out).toBe(
    text(
      'web1',
      '  ~ confine to the standard devices',
      '  ~ device program c:1:3 rwm, c:188:* rw',
      '  + folder /dev/dvb',
      '  ~ node /dev/dvb/demux0 c:212:1 0004 7:8',
      '  + link /dev/tv -> dvb/demux0',
      '  - link /dev/old -> dvb/demux1',
      '  - folder /dev/usb',
      '  ~ signal TERM to scand (12)',
      '  ~ cpu.max max 100000 -> 37500 150000; hostler gives what is above: the kernel does not refill in lumps',
      '  ~ memory.max max -> 536870912',
      '  ! E_FIGHT web1:/dev/dvb/demux0: changed again after 5 corrections; left alone for now; stop what changes it inside the guest (often its own udev), or take the value out of the rule',
    ),
  );
});

test('status prints what matters first, and the counters', async () => {
  expect((await askAgent(['status'])).out).toBe(
    text(
      'agent      0.1.0, process 4711, since 2026-03-01T11:00:00.000Z',
      'converged  yes',
      'guests     1 running, 1 stopped, 0 failing',
      'devices    2 on the host, 1 nodes in guests',
      'rules      2 from /etc/hostler, loaded 2026-03-01T11:00:00.000Z',
      'changes    heard at once',
      'udev       running',
      '',
      'uevents       12',
      'enumerations  1',
    ),
  );
});

test('status names warnings and problems of the configuration', async () => {
  const place = { file: 'rules/usb.yaml', line: 3, column: 5 };
  const { out } = await askAgent(['status'], {
    status: () => ({
      ...status,
      udev: 'absent',
      watching: false,
      warnings: [{ code: 'W_UDEV_ABSENT', subject: 'host' }],
      config: { ...status.config, problems: [{ place, code: 'E_CONFIG_KEY', says: 'unknown key' }] },
    }),
  });
  expect(out).toContain('changes    not heard; hostler reload reads them\nudev       absent\n');
  expect(out).toContain('\nrules/usb.yaml:3:5: unknown key [E_CONFIG_KEY]\nW_UDEV_ABSENT host: udevd does not run;');
});

test('events says whom it is about once, also where what happened says so itself', async () => {
  const told = [{ ...events[1], kind: 'start', says: 'web1: ready after 0.1 s' }];
  const { out } = await askAgent(['events'], { events: () => told as typeof events });
  expect(out).toContain('start    web1: ready after 0.1 s');
  expect(out).not.toContain('web1: web1');
});

test('events prints one line an event, and with --since only the later ones', async () => {
  const all = await askAgent(['events']);
  expect(all).toEqual({
    code: 0,
    err: '',
    out: text(
      '2026-03-01T11:00:00.000Z  info     agent    started',
      '2026-03-01T11:30:00.000Z  error    refusal  web1: a file is in the way of /dev/ttyUSB0',
    ),
  });
  expect((await askAgent(['events', '--since', '2026-03-01T11:15Z'])).out.split('\n')).toHaveLength(2);
  expect((await askAgent(['events', '--since', '10s'])).out).toBe('');
});

test.each([
  [['list'], listed],
  [['show', 'scan1'], scan1],
  [['devices'], devices],
  [['devices', 'scan1'], [scanner]],
  [['plan'], plans],
  [['apply', 'web1'], [plans[1]]],
  [['status'], status],
  [['reload'], { problems: [], rules: { added: 1, changed: 0, removed: 2 } }],
])('%s --json prints the view itself on one line', async (args, view) => {
  const { out, err } = await askAgent([...args, '--json']);
  expect(err).toBe('');
  expect(out.match(/\n/g)).toHaveLength(1);
  expect(JSON.parse(out)).toEqual(view);
});

test('events --json prints one object a line', async () => {
  const { out } = await askAgent(['events', '--json']);
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(events);
});

test('version prints the version of the package, help goes to standard output', async () => {
  expect(await hostler(['version'])).toEqual({ code: 0, err: '', out: 'hostler 0.1.0\n' });
  expect(JSON.parse((await hostler(['version', '--json'])).out)).toEqual({
    version: '0.1.0',
    node: process.versions.node,
  });
  expect(await hostler(['--version'])).toMatchObject({ code: 0, out: 'hostler 0.1.0\n' });
});

test('the socket can come from the environment, the option wins', async () => {
  const socket = await served();
  expect((await hostler(['list'], { HOSTLER_SOCKET: socket })).code).toBe(0);
  expect((await hostler(['list', '--socket', '/nonexistent'], { HOSTLER_SOCKET: socket })).code).toBe(5);
});

test('plan shutdown prints when each guest has ended and what ends them, and ends with 1 when that is too soon', async () => {
  const asked: unknown[] = [];
  const { code, out, err } = await askAgent(['plan', 'shutdown', '--budget', '30'], {
    async planShutdown(budgetMs) {
      asked.push(budgetMs);
      const budget = { name: 'budget', ms: 30_000, ends: 'guests' } as const;
      return {
        totalMs: 50_000,
        stops: [
          { guest: 'web', fromMs: 0, untilMs: 30_000, learned: 1 },
          { guest: 'db', fromMs: 30_000, untilMs: 50_000, behind: 'web', learned: 0 },
          { guest: 'old', fromMs: 0, untilMs: 50_000, learned: 0, killed: 2, known: 10 },
        ],
        critical: ['web', 'db'],
        limits: [
          budget,
          { name: 'JobTimeoutSec of reboot.target', ms: 1_800_000, ends: 'guests' },
          { name: 'JobTimeoutSec of poweroff.target', ends: 'guests' },
          { name: 'InhibitDelayMaxSec of logind', ends: 'before', unread: 'no bus' },
        ],
        smallest: budget,
        fits: false,
      };
    },
  });
  expect([code, asked]).toEqual([1, [30_000]]);
  expect(out).toBe(
    text(
      'GUEST  FROM    UNTIL   KNOWN FROM                        AFTER',
      'web    0.0 s   30.0 s  1 stop                            -',
      'db     30.0 s  50.0 s  its timeout                       web',
      'old    0.0 s   50.0 s  its timeout, 2 of 10 were killed  -',
      '',
      'all guests have ended after       50.0 s    web, db',
      'budget                            30.0 s    too short by 20.0 s',
      'JobTimeoutSec of reboot.target    1800.0 s  fits',
      'JobTimeoutSec of poweroff.target  for ever  fits',
      'InhibitDelayMaxSec of logind      ?         no bus',
    ),
  );
  expect(err).toBe('a shutdown would not wait for all guests: budget ends it\n');
});

test.each([
  [['plan', 'shutdown', '--budget', '0'], 'is no number of seconds from 1 to 3600'],
  [['plan', '--budget', '9'], 'it is for hostler plan shutdown'],
])('%s is refused', async (words, why) => {
  const { code, err } = await askAgent(words);
  expect([code, err]).toEqual([2, expect.stringContaining(why)]);
});

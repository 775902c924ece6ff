import type {
  AgentControl,
  Caller,
  DeviceView,
  EventView,
  GuestView,
  ListedView,
  PlanView,
  StatusView,
} from '../../src/ports/agent.ts';
import type { AlertsView, SinkTestView } from '../../src/ports/alerts-view.ts';
import type { LimitsView } from '../../src/ports/limits-view.ts';

/** What an agent of a small host would answer: the port as a plain value, each answer can be replaced. */
export function agentValue(replaced: Partial<AgentControl> = {}): AgentControl {
  return {
    status: () => status,
    guests: () => guests,
    list: async () => listed,
    guest: (name) => guests.find((guest) => guest.name === name),
    devices: (guest) =>
      devices.filter((device) => guest === undefined || device.given.some((gift) => gift.guest === guest)),
    limits: (guest) => limits.filter((view) => guest === undefined || view.guest === guest),
    why: (device) => {
      const found = devices.find((candidate) => candidate.node === device);
      return found && { device: found, rules };
    },
    plan: async (guest) => plans.filter((plan) => guest === undefined || plan.guest === guest),
    apply: async (guest) => plans.filter((plan) => guest === undefined || plan.guest === guest),
    applyByForce: async (guest) => plans.filter((plan) => guest === plan.guest),
    marks: () => new Set(['default', 'db', 'edge']),
    stop: async (guest) => ({ guest, state: 'stopping', after: 1 }),
    stopTogether: async (choice) =>
      'guests' in choice ? choice.guests.map((guest) => ({ guest, state: 'stopping', after: 1 })) : [],
    start: () => [],
    restart: () => [],
    underWay: () => [],
    planShutdown: async () => ({ totalMs: 0, stops: [], critical: [], limits: [], fits: true }),
    reload: async () => ({ problems: [], rules: { added: 1, changed: 0, removed: 2 } }),
    events: (after) => events.filter((event) => event.number > after),
    follow: () => () => {},
    metrics: async () => 'hostler_ready 1\n',
    page: async () => '<!doctype html>',
    alerts: () => alerts,
    testAlerts: async (sink) => tested.filter((one) => sink === undefined || one.sink.startsWith(sink)),
    ...replaced,
  };
}

/** An agent whose events are `told` one by one, as a ring of the newest `size`. */
export function tellingAgent(size = 1000): {
  agent: AgentControl;
  tell: (says: string) => void;
  followers: () => number;
} {
  const ring: EventView[] = [];
  const listeners = new Set<(event: EventView) => void>();
  let number = 0;
  return {
    agent: agentValue({
      events: (after) => ring.filter((event) => event.number > after),
      follow: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    }),
    tell: (says) => {
      number += 1;
      const event: EventView = { number, time: '2026-03-01T12:00:00.000Z', kind: 'agent', severity: 'info', says };
      ring.push(event);
      if (ring.length > size) ring.shift();
      for (const listener of listeners) listener(event);
    },
    followers: () => listeners.size,
  };
}

/** An agent that writes down who made it do what. */
export function auditedAgent(): { agent: AgentControl; audit: readonly { did: string; caller: Caller }[] } {
  const audit: { did: string; caller: Caller }[] = [];
  const agent = agentValue({
    apply: async (guest, caller) => {
      audit.push({ did: `apply ${guest}`, caller });
      return [];
    },
    applyByForce: async (guest, caller) => {
      audit.push({ did: `apply ${guest} by force`, caller });
      return [];
    },
    reload: async (caller) => {
      audit.push({ did: 'reload', caller });
      return { problems: [], rules: { added: 0, changed: 0, removed: 0 } };
    },
  });
  return { agent, audit };
}

export const status: StatusView = {
  version: '0.1.0',
  pid: 4711,
  since: '2026-03-01T11:00:00.000Z',
  ready: true,
  converged: true,
  guests: { running: 1, stopped: 1, failing: 0 },
  nodes: 1,
  devices: 2,
  rules: 2,
  udev: 'running',
  config: { folder: '/etc/hostler', loaded: '2026-03-01T11:00:00.000Z', problems: [] },
  watching: true,
  warnings: [],
  counters: { uevents: 12, enumerations: 1 },
};

export const scan1: GuestView = {
  name: 'scan1',
  runtime: 'lxc',
  instance: { pid: 812, startTime: '99120', cgroup: '/lxc.payload.scan1' },
  state: 'running',
  converged: true,
  policy: 'confined',
  nodes: [
    {
      path: '/dev/bus/usb/001/004',
      number: 'c:189:3',
      rule: 'front-desk-scanner',
      device: '/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.2',
      memory: 'front-desk-scanner',
      unplug: 'keep',
      ownership: { mode: 0o660, uid: 0, gid: 104 },
    },
  ],
  refusals: [],
  lastPass: '2026-03-01T11:59:00.000Z',
};

export const web1: GuestView = {
  name: 'web1',
  runtime: 'lxc',
  state: 'stopped',
  converged: false,
  nodes: [],
  refusals: [{ code: 'E_NODE_FOREIGN', subject: 'web1:/dev/ttyUSB0', detail: 'a file' }],
};

export const guests: readonly GuestView[] = [scan1, web1];

export const scanner: DeviceView = {
  devpath: '/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.2',
  sysname: '1-1.2',
  subsystem: 'usb',
  devtype: 'usb_device',
  attrs: { idVendor: '04b8', idProduct: '011f' },
  number: { type: 'c', major: 189, minor: 3 },
  node: '/dev/bus/usb/001/004',
  properties: {},
  tags: [],
  links: [],
  ancestors: [],
  given: [{ guest: 'scan1', rule: 'front-desk-scanner', path: '/dev/bus/usb/001/004' }],
};

const loop: DeviceView = {
  devpath: '/devices/virtual/block/loop7',
  sysname: 'loop7',
  subsystem: 'block',
  attrs: {},
  number: { type: 'b', major: 7, minor: 7 },
  node: '/dev/loop7',
  properties: {},
  tags: [],
  links: [],
  ancestors: [],
  given: [],
};

export const devices: readonly DeviceView[] = [scanner, loop];

const rules = [
  {
    rule: 'front-desk-scanner',
    place: { file: 'rules/usb.yaml', line: 3, column: 3 },
    matched: true,
    guests: ['scan1'],
  },
  {
    rule: 'office-printer',
    place: { file: 'rules/usb.yaml', line: 12, column: 3 },
    matched: false,
    failed: { key: 'attr.idVendor', wanted: '03f0', found: '04b8' },
    guests: [],
  },
];

const MiB = 1024 * 1024;

const used = {
  processes: 12,
  isMore: false,
  virtualBytes: 98.6 * MiB,
  residentBytes: 412 * 1024,
  userUs: 83_000_000,
  systemUs: 7_000_000,
  uptimeMs: 3_900_000,
};

export const listed: readonly ListedView[] = [
  {
    name: 'host',
    runtime: 'host',
    state: 'running',
    converged: true,
    nodes: [],
    refusals: [],
    usage: { ...used, processes: 4096, isMore: true, uptimeMs: 12 * 86_400_000 },
  },
  ...guests.map((guest) =>
    guest.state === 'stopped' ? guest : { ...guest, usage: used, tokens: { held: 480, size: 500 } },
  ),
];

export const limits: readonly LimitsView[] = [
  { guest: 'scan1', rows: [], refusals: [] },
  {
    guest: 'web1',
    policy: 'small-service',
    rows: [
      {
        resource: 'rss',
        unit: 'bytes',
        held: 123 * MiB,
        most: 500.5 * MiB,
        barrier: 384 * MiB,
        limit: 512 * MiB,
        hits: 3,
      },
      { resource: 'as', unit: 'bytes', held: 123 * MiB, limit: 768 * MiB, hits: 0 },
      { resource: 'oom', unit: 'count', hits: 1 },
      { resource: 'processes', unit: 'count', held: 12, most: 30, limit: 512, hits: 0 },
      { resource: 'cpu', unit: 'cpu', held: 7_261_500_000, limit: 250_000, hits: 4711, heldBackUs: 942_200_000 },
    ],
    refusals: [],
  },
];

export const plans: readonly PlanView[] = [
  {
    guest: 'scan1',
    actions: [
      { verb: 'grant', number: 'c:189:4', access: 'rw' },
      {
        verb: 'make-node',
        path: '/dev/bus/usb/001/005',
        number: 'c:189:4',
        ownership: { mode: 0o660, uid: 0, gid: 104 },
      },
      { verb: 'remove-node', path: '/dev/bus/usb/001/004', number: 'c:189:3' },
      { verb: 'revoke', number: 'c:189:3', access: 'rw' },
    ],
    limits: [],
    refusals: [],
  },
  { guest: 'web1', actions: [], limits: [], refusals: [] },
];

export const alerts: AlertsView = {
  open: [
    {
      guest: 'scan1',
      resource: 'processes',
      kind: 'limit',
      phase: 'firing',
      severity: 'warning',
      told: true,
      since: '2026-03-01T11:40:00.000Z',
      hits: 37,
      level: 1,
    },
    {
      guest: 'scan1',
      resource: 'oom',
      kind: 'limit',
      phase: 'firing',
      severity: 'critical',
      told: false,
      since: '2026-03-01T11:41:00.000Z',
      hits: 1,
    },
  ],
  recent: [
    {
      guest: 'web1',
      resource: 'rss',
      kind: 'limit',
      severity: 'warning',
      since: '2026-03-01T11:00:00.000Z',
      until: '2026-03-01T11:05:00.000Z',
      hits: 4,
      says: 'web1: resident memory: 4 hits in 4 min, over now',
    },
  ],
  sinks: [
    { sink: 'alertmanager http://127.0.0.1:9093', waiting: 0, sent: 12, undelivered: 0 },
    { sink: 'mail root', waiting: 2, sent: 0, undelivered: 1, failing: 'ended with 75' },
  ],
};

export const tested: readonly SinkTestView[] = [
  { sink: 'alertmanager http://127.0.0.1:9093', ok: true, tookMs: 3 },
  { sink: 'mail root', ok: false, reason: 'ended with 75', tookMs: 21 },
];

export const started: EventView = {
  number: 1,
  time: '2026-03-01T11:00:00.000Z',
  kind: 'agent',
  severity: 'info',
  says: 'started',
};

export const events: readonly EventView[] = [
  started,
  {
    number: 2,
    time: '2026-03-01T11:30:00.000Z',
    kind: 'refusal',
    severity: 'error',
    guest: 'web1',
    says: 'a file is in the way of /dev/ttyUSB0',
  },
];

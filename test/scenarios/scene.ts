import { type GuestView, guestView } from './guest-view.ts';
import { createLxcGuest, type LxcGuest } from './lxc-guest.ts';
import { inMachine } from './namespace.ts';
import { createTestAgent, type TestAgent } from './test-agent.ts';
import { startUdevd, type Udevd } from './udevd.ts';

export interface SceneOptions extends GuestOptions {
  /** YAML of rules/test.yaml. */
  readonly rules: string;
  /** YAML of hostler.yaml. */
  readonly settings?: string;
  /** What the agent has besides ours. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Absent: one of the scene's own runs, or the host's where systemd runs one. */
  readonly udevd?: 'absent';
  /** Absent: the agent runs before any guest is made. */
  readonly agent?: 'later';
}

interface GuestOptions {
  /** Changes the guest's folder before its first start. */
  readonly furnish?: (folder: string) => void;
  readonly firstId?: number;
  /** Called by LXC before a guest's init runs. */
  readonly hook?: string;
}

/** A guest and what it has while it runs. */
export interface SceneGuest extends LxcGuest {
  /** On the host; its root file system is `rootfs` in it. */
  readonly folder: string;
  inside(): Promise<GuestView>;
}

/** A host of one story: udevd, the agent and guests, all real. */
export interface Scene {
  readonly agent: TestAgent;
  readonly udevd: Udevd | undefined;
  /** Makes a guest and does not start it. */
  make(name: string, options?: GuestOptions): SceneGuest;
  /** Makes a guest and starts it. */
  guest(name: string, options?: GuestOptions): Promise<SceneGuest>;
  /** Ends and removes everything, whatever state it is in. */
  end(): Promise<void>;
}

export async function createScene(options: SceneOptions): Promise<Scene> {
  const udevd = options.udevd === 'absent' || inMachine ? undefined : await startUdevd();
  const agent = createTestAgent(options.settings, options.environment);
  agent.rules(options.rules);
  const guests: LxcGuest[] = [];
  const make = (name: string, own: GuestOptions = {}): SceneGuest => {
    const guest = makeGuest(agent, name, { ...options, ...own });
    guests.push(guest);
    return guest;
  };
  const end = async () => {
    const ends = [...guests.map((guest) => guest.destroy), agent.destroy, async () => udevd?.stop('SIGKILL')];
    const failures: unknown[] = [];
    for (const one of ends) await one().catch((failure) => failures.push(failure));
    if (failures.length > 0) throw failures[0];
  };
  if (options.agent !== 'later') {
    await agent.start().catch(async (failure) => {
      await end();
      throw failure;
    });
  }
  return {
    agent,
    udevd,
    make,
    async guest(name, own) {
      const guest = make(name, own);
      await guest.start();
      return guest;
    },
    end,
  };
}

function makeGuest(agent: TestAgent, name: string, { furnish, hook, firstId }: GuestOptions): SceneGuest {
  const { lxcPath } = agent;
  const folder = `${lxcPath}/${name}`;
  const environment = { ...process.env, HOSTLER_HOOK_SOCKET: agent.hookSocket };
  const lxc = createLxcGuest({ name, lxcPath, environment, ...(hook && { hook }), ...(firstId && { firstId }) });
  furnish?.(folder);
  return { ...lxc, folder, inside: async () => guestView(await lxc.initPid(), firstId) };
}

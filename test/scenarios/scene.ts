import { createLxcGuest, type LxcGuest } from '../../src/cli/demo/lxc-guest.ts';
import { type GuestView, guestView } from './guest-view.ts';
import { createTestAgent, type TestAgent } from './test-agent.ts';
import { startUdevd, type Udevd } from './udevd.ts';

export interface SceneOptions {
  /** YAML of rules/test.yaml. */
  readonly rules: string;
  /** Absent: udevd runs. */
  readonly udevd?: 'absent';
  /** Changes a guest's root file system or configuration before its first start. */
  readonly furnish?: (guest: LxcGuest, lxcPath: string) => void;
  readonly firstId?: number;
  /** Called by LXC before a guest's init runs. */
  readonly hook?: string;
}

/** A running guest and what it has. */
export interface SceneGuest extends LxcGuest {
  inside(): Promise<GuestView>;
}

/** A host of one story: udevd, the agent and guests, all real. */
export interface Scene {
  readonly agent: TestAgent;
  readonly udevd: Udevd | undefined;
  /** Makes a guest and does not start it. */
  make(name: string, options?: Pick<SceneOptions, 'firstId' | 'furnish'>): SceneGuest;
  guest(name: string): Promise<SceneGuest>;
  /** Ends and removes everything. */
  end(): Promise<void>;
}

/** The agent runs before any guest does. */
export async function createScene(options: SceneOptions): Promise<Scene> {
  const udevd = options.udevd === 'absent' ? undefined : await startUdevd();
  const agent = createTestAgent();
  agent.rules(options.rules);
  const guests: LxcGuest[] = [];
  const make: Scene['make'] = (name, own = {}) => {
    const { hook, firstId, furnish } = { ...options, ...own };
    const environment = { ...process.env, HOSTLER_HOOK_SOCKET: agent.hookSocket };
    const { lxcPath } = agent;
    const lxc = createLxcGuest({ name, lxcPath, environment, ...(hook && { hook }), ...(firstId && { firstId }) });
    guests.push(lxc);
    furnish?.(lxc, lxcPath);
    return { ...lxc, inside: async () => guestView(await lxc.initPid(), firstId) };
  };
  await agent.start();
  return {
    agent,
    udevd,
    make,
    async guest(name) {
      const guest = make(name);
      await guest.start();
      return guest;
    },
    async end() {
      await Promise.all(guests.map((guest) => guest.destroy()));
      await agent.destroy();
      await udevd?.stop();
    },
  };
}

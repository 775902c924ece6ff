import type { Grant } from '../model/action.ts';
import type { Process } from '../model/process-key.ts';
import type { Uevent } from '../model/uevent.ts';
import type { Answer } from './executor.ts';

/** What the kernel, udev and the hook tell the agent. Every one is a reason to look, none is believed. */
export type HostEvent =
  | { readonly kind: 'uevent'; readonly uevent: Uevent }
  /** Some events did not arrive: only an enumeration heals that. */
  | { readonly kind: 'uevents-lost'; readonly reason: string }
  | { readonly kind: 'uevent-refused'; readonly reason: string; readonly pid: number; readonly count: number }
  | { readonly kind: 'udevd'; readonly running: boolean }
  | { readonly kind: 'guest-gone'; readonly guest: string }
  /** The init of a guest that is being stopped. */
  | { readonly kind: 'init-ended'; readonly guest: string }
  /** Whether anybody is in the cgroup of a guest that is being stopped. */
  | { readonly kind: 'populated'; readonly guest: string; readonly populated: boolean }
  | { readonly kind: 'guest-suspect'; readonly guest: string }
  /** `replaced`: the folder that was watched is not the one at this path any more. */
  | { readonly kind: 'guest-changed'; readonly guest: string; readonly path: string; readonly replaced: boolean }
  /** `gone`: what was watched is there no more, and nothing of it is reported any more. */
  | { readonly kind: 'folder-changed'; readonly id: string; readonly name: string; readonly gone?: true }
  /** A counter or a control file of the guest's cgroup. */
  | { readonly kind: 'limits-changed'; readonly guest: string; readonly file: string }
  /** The kernel killed a process for want of memory. `cgroup` is the victim's own; it chose its name itself. */
  | { readonly kind: 'oom-kill'; readonly pid: number; readonly command: string; readonly cgroup: string }
  /** The kernel refused memory so often to processes in this cgroup; one of them, which chose its name itself. */
  | {
      readonly kind: 'refused';
      readonly count: number;
      readonly pid: number;
      readonly command: string;
      readonly cgroup: string;
    }
  /** The same to nobody knows whom: they had ended, or there were too many. */
  | { readonly kind: 'refused-unknown'; readonly count: number; readonly reason: 'gone' | 'lost' }
  /** systemd is about to make its device programs anew, or has begun to. */
  | { readonly kind: 'systemd'; readonly state: 'up' | 'reloading' | 'reloaded' | 'gone' }
  /** systemd is ending this service or scope, or does that no more. */
  | { readonly kind: 'unit'; readonly unit: string; readonly ends: boolean }
  /** The main process of this service has ended; absent status: by a signal. It may be told twice. */
  | { readonly kind: 'unit-exit'; readonly unit: string; readonly status?: number }
  /** The host is about to go down, or is not any more; `held`: it waits a moment for us. */
  | { readonly kind: 'shutdown'; readonly state: 'begins' | 'withdrawn' | 'held' | 'refused' }
  | { readonly kind: 'watch-overflow' }
  | { readonly kind: 'nudge'; readonly guest: string; readonly pid: number }
  /** A guest is about to start and waits for `answerHook`. */
  | { readonly kind: 'guest-starts'; readonly guest: string; readonly token: string; readonly initPid: number }
  | { readonly kind: 'executor-ended'; readonly reason: string };

export interface JournalEntry {
  readonly message: string;
  readonly messageId: string;
  /** 3 error, 4 warning, 6 information, as syslog counts. */
  readonly priority: 3 | 4 | 6;
  /** `HOSTLER_GUEST` and its like. */
  readonly fields: Readonly<Record<string, string>>;
}

/** What the agent asks of the host itself. */
export interface Host {
  /** Listens from now on; of other subsystems nothing is heard. Answers the receive buffer in bytes. */
  listen(subsystems: readonly string[] | 'all'): Promise<Answer<number>>;
  /** Reports changes in a folder of the host as `folder-changed` with this id. */
  watchFolder(id: string, path: string): Promise<Answer<void>>;
  /** Reports each end of a process that ran this program as `folder-changed` with this id. */
  watchProgram(id: string, path: string): Promise<Answer<void>>;
  /** The same, and each start. */
  watchRuns(id: string, path: string): Promise<Answer<void>>;
  /** Nothing is reported with this id any more. */
  unwatch(id: string): Promise<Answer<void>>;
  /** Reports what systemd does as `systemd` events from now on; without systemd there are none. */
  watchSystemd(): Promise<Answer<void>>;
  /** From now on the host waits a moment before it goes down, and reports it as `shutdown` events; without systemd there are none. */
  delayShutdown(): Promise<Answer<void>>;
  /** It waits no more. */
  letShutdown(): Promise<Answer<void>>;
  /** Reports whom the kernel kills for want of memory as `oom-kill` events from now on. */
  watchKernelLog(): Promise<Answer<void>>;
  /** Reports whom the kernel refuses memory as `refused` events from now on. */
  traceRefusals(): Promise<Answer<void>>;
  untraceRefusals(): Promise<Answer<void>>;
  /** Inits of PID namespaces in a cgroup (below the devices controller's mount, or the v2 root), outermost first. */
  inits(cgroup: string): Promise<Answer<readonly Process[]>>;
  /** Takes from the service that has this cgroup what systemd would give to its next start; it need not run. */
  takeBack(cgroup: string, grants: readonly Grant[]): Promise<Answer<void>>;
  answerHook(token: string, word: 'go' | 'refuse' | 'wait', seconds: number): Promise<Answer<void>>;
  journal(entry: JournalEntry): Promise<Answer<void>>;
  notify(text: string): Promise<Answer<void>>;
}

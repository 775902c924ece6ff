import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answered, type Call, PretendedSystemd, sent } from '../kernel/pretended-systemd.ts';

const BUS = '/run/dbus/system_bus_socket';
const SYSTEMD = '/run/systemd/system';
const LOGIND = ':1.7';
const GUESTS = `#!/bin/sh
case $* in *hostler-guests.service*) printf 'Id=hostler-guests.service\\nActiveState=active\\nTimeoutStopUSec=25min\\n' ;; esac
`;

/** What a host with systemd says when it goes down, on a bus in our own /run. */
export interface PretendedLogind {
  /** Whether it was asked to wait. */
  asked(): boolean;
  /** That the host is about to go down, or that it does not. */
  prepare(isBeginning: boolean): void;
  end(): void;
}

/** `programs`: a folder that whoever asks systemd has in its PATH. Throws where there is a real one. */
export async function pretendLogind(programs: string): Promise<PretendedLogind> {
  if (existsSync(SYSTEMD)) throw new Error(`${SYSTEMD}: this host has systemd`);
  mkdirSync('/run/dbus', { recursive: true });
  mkdirSync(SYSTEMD, { recursive: true });
  writeFileSync(join(programs, 'systemctl'), GUESTS, { mode: 0o755 });
  writeFileSync(join(programs, 'busctl'), '#!/bin/sh\necho t 5000000\n', { mode: 0o755 });
  const bus = new PretendedSystemd(process, BUS);
  bus.greeting = 'OK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\n';
  bus.answer = (call) => (isInhibit(call) ? answered(call, LOGIND) : undefined);
  await bus.listen();
  return {
    asked: () => bus.calls.some(isInhibit),
    prepare: (isBeginning) =>
      bus.say(sent(LOGIND, 'org.freedesktop.login1.Manager', 'PrepareForShutdown', isBeginning)),
    end() {
      bus.close();
      for (const path of [BUS, SYSTEMD]) rmSync(path, { recursive: true, force: true });
    },
  };
}

function isInhibit({ text }: Call): boolean {
  return text.includes('Inhibit\0');
}

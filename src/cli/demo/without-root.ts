import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { assign } from '../../devices/assign.ts';
import { hostDevices } from '../../main.ts';
import type { Device } from '../../model/device.ts';
import { printable } from '../../model/printable.ts';
import { say, step } from './say.ts';

const CHECKOUT = join(import.meta.dirname, '../../..');
const SHIPPED = existsSync(join(CHECKOUT, 'rules')) ? CHECKOUT : '/usr/share/hostler';
const NAMED = 4;

/** What can be shown without root: devices of this host, and which of them the shipped rules would match. Nothing is changed. */
export async function showWithoutRoot(): Promise<void> {
  const loaded = await loadConfig(SHIPPED, {});
  if (!loaded.ok) return;
  const { rules } = loaded.config;
  const inventory = hostDevices(rules);
  step('Without root: devices of this host that rules can be about');
  const subsystems = Map.groupBy(inventory.values(), ({ subsystem }) => subsystem);
  for (const [subsystem, devices] of [...subsystems].sort()) {
    say(`   ${subsystem}: ${few(devices)}`);
  }

  step('What the shipped rules would match');
  const { claims } = assign(rules, inventory);
  const [idle = [], matching = []] = [true, false].map((isIdle) =>
    claims.filter(({ devices }) => (devices.length === 0) === isIdle),
  );
  for (const { rule, devices } of matching) say(`   ${rule.name}: ${few(devices)}`);
  if (idle.length > 0) say(`   no device here is for ${idle.map(({ rule }) => rule.name).join(', ')}`);
}

/** Some by name, real hardware first, and how many more there are. */
function few(devices: readonly Device[]): string {
  const sorted = devices.toSorted((a, b) => a.devpath.localeCompare(b.devpath, 'en', { numeric: true }));
  const names = sorted.slice(0, NAMED).map(({ node, sysname }) => printable(node ?? sysname));
  const more = sorted.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

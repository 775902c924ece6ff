import { join } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { assign, type Claim } from '../../devices/assign.ts';
import { hostDevices } from '../../main.ts';
import { say, step } from './say.ts';

const SHIPPED = join(import.meta.dirname, '../../..');

/** What can be shown without root: which devices of this host the shipped rules would match. Nothing is changed. */
export async function showWithoutRoot(): Promise<void> {
  step('Without root: what the shipped rules would match on this host');
  const loaded = await loadConfig(SHIPPED, {});
  if (!loaded.ok) return;
  const { rules } = loaded.config;
  for (const claim of assign(rules, hostDevices(rules)).claims) say(`   ${claimText(claim)}`);
}

function claimText({ rule, devices }: Claim): string {
  const nodes = devices.map(({ node }) => node);
  const some = nodes.length > 3 ? `${nodes.slice(0, 3).join(', ')} and ${nodes.length - 3} more` : nodes.join(', ');
  return `${rule.name}: ${some || 'no device'}`;
}

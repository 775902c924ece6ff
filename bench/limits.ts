// Whether guests are held to their limits, and what that costs: guests, loads and cgroups are real. As root:
// npm run bench:limits [-- shares buckets outage reclaim alerts hits sampling scrapes]
import { heedInterruption } from '../src/cli/demo/interruption.ts';
import { onTestHost } from '../test/scenarios/namespace.ts';
import { inNamespaces } from './in-namespaces.ts';
import { benchAlerts } from './limits-alerts.ts';
import { benchBuckets } from './limits-buckets.ts';
import { benchHits } from './limits-hits.ts';
import { benchOutage } from './limits-outage.ts';
import { benchReclaim } from './limits-reclaim.ts';
import { benchSampling } from './limits-sampling.ts';
import { benchScrapes } from './limits-scrapes.ts';
import { benchShares } from './limits-shares.ts';
import { printVerdicts, type Verdict } from './verdicts.ts';

/** Each takes away what it made. */
const PARTS: Readonly<Record<string, (interrupted: AbortSignal) => Promise<readonly Verdict[]>>> = {
  shares: benchShares,
  buckets: benchBuckets,
  outage: benchOutage,
  reclaim: benchReclaim,
  alerts: benchAlerts,
  hits: benchHits,
  sampling: benchSampling,
  scrapes: benchScrapes,
};
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PARTS);

if (onTestHost) await bench(heedInterruption());
else await inNamespaces(import.meta.filename);

async function bench(interrupted: AbortSignal): Promise<void> {
  const verdicts: Verdict[] = [];
  for (const name of wanted) {
    if (!interrupted.aborted) verdicts.push(...(await verdictsOf(name, interrupted)));
  }
  if (verdicts.length > 0) printVerdicts(verdicts);
}

// What goes wrong in one of them says nothing of the others.
async function verdictsOf(name: string, interrupted: AbortSignal): Promise<readonly Verdict[]> {
  try {
    const part = PARTS[name];
    if (part === undefined) throw new Error(`${name}: one of ${Object.keys(PARTS).join(', ')}`);
    return await part(interrupted);
  } catch (error) {
    process.exitCode = 1;
    console.error('bench:', interrupted.aborted ? interrupted.reason.message : error);
    return [];
  }
}

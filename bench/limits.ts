// Whether guests are held to their limits, and what that costs: guests, loads and cgroups are real. As root:
// npm run bench:limits [-- shares idle buckets outage reclaim alerts hits sampling scrapes]
import { heedInterruption } from '../src/cli/demo/interruption.ts';
import { onTestHost } from '../test/scenarios/namespace.ts';
import { inNamespaces } from './in-namespaces.ts';
import { benchAlerts } from './limits-alerts.ts';
import { benchBuckets } from './limits-buckets.ts';
import { benchHits } from './limits-hits.ts';
import { benchIdle } from './limits-idle.ts';
import { benchOutage } from './limits-outage.ts';
import { benchReclaim } from './limits-reclaim.ts';
import { benchSampling } from './limits-sampling.ts';
import { benchScrapes } from './limits-scrapes.ts';
import { benchShares } from './limits-shares.ts';
import { benchParts, type Part } from './parts.ts';

const PARTS: Readonly<Record<string, Part>> = {
  shares: benchShares,
  idle: benchIdle,
  buckets: benchBuckets,
  outage: benchOutage,
  reclaim: benchReclaim,
  alerts: benchAlerts,
  hits: benchHits,
  sampling: benchSampling,
  scrapes: benchScrapes,
};

if (onTestHost) await benchParts(PARTS, heedInterruption());
else await inNamespaces(import.meta.filename);

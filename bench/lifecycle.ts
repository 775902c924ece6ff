// Many guests started and stopped at once, beside LXC's own way, and how soon the end of one is known. As root:
// npm run bench:lifecycle [-- crowd ends inits adoption shutdown]
import { heedInterruption } from '../src/cli/demo/interruption.ts';
import { onTestHost } from '../test/scenarios/namespace.ts';
import { inNamespaces } from './in-namespaces.ts';
import { benchAdoption } from './lifecycle-adoption.ts';
import { benchCrowd } from './lifecycle-crowd.ts';
import { benchEnds } from './lifecycle-ends.ts';
import { benchInits } from './lifecycle-inits.ts';
import { benchShutdown } from './lifecycle-shutdown.ts';
import { benchParts } from './parts.ts';

const PARTS = {
  crowd: benchCrowd,
  ends: benchEnds,
  inits: benchInits,
  adoption: benchAdoption,
  shutdown: benchShutdown,
};

if (onTestHost) await benchParts(PARTS, heedInterruption());
else await inNamespaces(import.meta.filename);

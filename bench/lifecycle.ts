// Many guests started and stopped at once, beside LXC's own way, and how soon the end of one is known. As root:
// npm run bench:lifecycle [-- crowd ends inits]
import { heedInterruption } from '../src/cli/demo/interruption.ts';
import { onTestHost } from '../test/scenarios/namespace.ts';
import { inNamespaces } from './in-namespaces.ts';
import { benchCrowd } from './lifecycle-crowd.ts';
import { benchEnds } from './lifecycle-ends.ts';
import { benchInits } from './lifecycle-inits.ts';
import { benchParts } from './parts.ts';

if (onTestHost) await benchParts({ crowd: benchCrowd, ends: benchEnds, inits: benchInits }, heedInterruption());
else await inNamespaces(import.meta.filename);

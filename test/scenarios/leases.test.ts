import { describe } from 'vitest';
import { tellOfLeases } from './leases-story.ts';
import { onTestHost } from './namespace.ts';

describe.skipIf(!onTestHost)('on this host', tellOfLeases);

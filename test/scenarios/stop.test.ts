import { describe } from 'vitest';
import { onTestHost } from './namespace.ts';
import { stopGuests } from './stop-story.ts';

describe.skipIf(!onTestHost)('on this host', stopGuests);

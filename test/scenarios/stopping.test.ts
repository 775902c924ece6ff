import { describe } from 'vitest';
import { onTestHost } from './namespace.ts';
import { tellOfStopping } from './stopping-story.ts';

describe.skipIf(!onTestHost)('on this host', tellOfStopping);

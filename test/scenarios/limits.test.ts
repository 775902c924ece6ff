import { describe } from 'vitest';
import { tellOfLimits } from './limits-story.ts';
import { onTestHost } from './namespace.ts';

describe.skipIf(!onTestHost)('on this host', tellOfLimits);

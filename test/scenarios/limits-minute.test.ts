import { describe } from 'vitest';
import { tellOfAMinute } from './limits-minute-story.ts';
import { onTestHost } from './namespace.ts';

describe.skipIf(!onTestHost)('on this host', () => tellOfAMinute());

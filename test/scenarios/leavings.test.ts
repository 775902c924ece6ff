import { describe } from 'vitest';
import { leaveThings } from './leavings-story.ts';
import { onTestHost } from './namespace.ts';

describe.skipIf(!onTestHost)('on this host', leaveThings);

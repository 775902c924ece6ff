import { describe } from 'vitest';
import { tellOfIdleShares } from './idle-shares-story.ts';
import { onTestHost } from './namespace.ts';

describe.skipIf(!onTestHost)('on this host', () => tellOfIdleShares());

import { describe } from 'vitest';
import { tellOfLife } from './life-story.ts';
import { onTestHost } from './namespace.ts';

describe.skipIf(!onTestHost)('on this host', tellOfLife);

import { describe } from 'vitest';
import { tellOfLowering } from './lowering-story.ts';
import { onTestHost } from './namespace.ts';

describe.skipIf(!onTestHost)('on this host', tellOfLowering);

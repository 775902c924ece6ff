import { describe } from 'vitest';
import { onTestHost } from './namespace.ts';
import { tellOfOthers } from './others-story.ts';

describe.skipIf(!onTestHost)('on this host', tellOfOthers);

import { describe } from 'vitest';
import { tellOfData } from './limits-data-story.ts';
import { onTestHost } from './namespace.ts';

describe.skipIf(!onTestHost)('on this host', () => tellOfData());

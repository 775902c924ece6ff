import { describe } from 'vitest';
import { onTestHost } from './namespace.ts';
import { tellOfThrashing } from './thrash-story.ts';

describe.skipIf(!onTestHost)('on this host', () => tellOfThrashing());

import { describe } from 'vitest';
import { tellOfKeptHits } from './kept-hits-story.ts';
import { onTestHost } from './namespace.ts';

describe.skipIf(!onTestHost)('on this host', () => tellOfKeptHits());

import { describe } from 'vitest';
import { onTestHost } from './namespace.ts';
import { tellOfQuotas } from './quota-story.ts';

describe.skipIf(!onTestHost)('on this host', () => tellOfQuotas());

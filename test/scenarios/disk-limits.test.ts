import { describe } from 'vitest';
import { controllers } from './control-file.ts';
import { tellOfDisks } from './disk-limits-story.ts';
import { onTestHost } from './namespace.ts';

const isLimiting = onTestHost && controllers.mountOf('blkio') !== undefined;

describe.skipIf(!isLimiting)('on this host', () => tellOfDisks());

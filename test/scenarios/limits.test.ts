import { tellOfLimits } from './limits-story.ts';

tellOfLimits();

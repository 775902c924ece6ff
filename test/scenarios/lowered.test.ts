import { tellOfLowering } from './lowering-story.ts';

tellOfLowering();

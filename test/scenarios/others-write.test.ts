import { tellOfOthers } from './others-story.ts';

tellOfOthers();

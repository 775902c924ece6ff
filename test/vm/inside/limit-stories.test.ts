import { tellOfDisks } from '../../scenarios/disk-limits-story.ts';
import { tellOfIdleShares } from '../../scenarios/idle-shares-story.ts';
import { tellOfKeptHits } from '../../scenarios/kept-hits-story.ts';
import { tellOfLeases } from '../../scenarios/leases-story.ts';
import { tellOfData } from '../../scenarios/limits-data-story.ts';
import { tellOfAMinute } from '../../scenarios/limits-minute-story.ts';
import { sharedScene } from '../../scenarios/opens.ts';
import { tellOfQuotas } from '../../scenarios/quota-story.ts';
import { tellOfThrashing } from '../../scenarios/thrash-story.ts';

const open = sharedScene();
tellOfQuotas(open);
tellOfKeptHits(open);
tellOfData(open);
tellOfDisks(open);
tellOfIdleShares(open);
tellOfAMinute(open);
tellOfThrashing(open);
tellOfLeases();

import { setImmediate as turn } from 'node:timers/promises';
import { familyText } from '../../report/exposition.ts';
import { metricFamilies } from '../../report/metrics.ts';
import type { World } from '../world.ts';
import { Refresher } from './refresher.ts';
import { metricsView } from './view.ts';

/** Answers what Prometheus reads. Those who ask at once get the same answer: many of them cost no more than one. */
export function createScrape(world: World, since: string): () => Promise<string> {
  const refresher = new Refresher(world.ports.clock, world.limiter, () => runningGuests(world));
  let scrape: Promise<string> | undefined;
  const answer = async () => {
    await refresher.refresh();
    const answered = await text(world, since);
    void refresher.readOn();
    return answered;
  };
  return () => {
    scrape ??= answer().finally(() => {
      scrape = undefined;
    });
    return scrape;
  };
}

// Between two metrics is room for passes: one may have thousands of series.
async function text(world: World, since: string): Promise<string> {
  const parts: string[] = [];
  for (const family of metricFamilies(metricsView(world, since))) {
    parts.push(familyText(family));
    await turn();
  }
  return parts.join('');
}

function runningGuests({ records }: World): readonly string[] {
  return [...records.values()].flatMap(({ guest }) => (guest.instance === undefined ? [] : guest.name));
}

import { setImmediate as turn } from 'node:timers/promises';
import type { AgentControl } from '../../ports/agent.ts';
import { familyText } from '../../report/exposition.ts';
import { metricFamilies } from '../../report/metrics.ts';
import { statusPage } from '../../report/page.ts';
import type { World } from '../world.ts';
import { Refresher } from './refresher.ts';
import { metricsView } from './view.ts';

/** Answers what Prometheus reads, and the page for people. */
export function createScrape(world: World, since: string): Pick<AgentControl, 'metrics' | 'page'> {
  const refresher = new Refresher(world.ports.clock, world.limiter, () => runningGuests(world));
  const refreshed = async (write: () => Promise<string>) => {
    await refresher.refresh();
    const answered = await write();
    void refresher.readOn();
    return answered;
  };
  return {
    metrics: shared(() => refreshed(() => text(world, since))),
    page: shared(() => refreshed(async () => statusPage(metricsView(world, since)))),
  };
}

/** Those who ask at once get the same answer: many of them cost no more than one. */
function shared(answer: () => Promise<string>): () => Promise<string> {
  let asked: Promise<string> | undefined;
  return () => {
    asked ??= answer().finally(() => {
      asked = undefined;
    });
    return asked;
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

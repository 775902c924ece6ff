import { Crowd } from './crowd.ts';
import { growth } from './growth.ts';
import { type ScrapeCost, scrapeCost } from './scrape-cost.ts';
import { atMost, type Verdict } from './verdicts.ts';

const CASES = (process.env.CASES ?? '10 100 1000').split(' ').map(Number);
const MOST_MS = 100;

/** What Prometheus costs, and how that grows with guests: their cgroups and processes are real, the rest of the host is in memory. */
export async function benchScrapes(signal: AbortSignal): Promise<readonly Verdict[]> {
  const crowd = new Crowd();
  const costs: (ScrapeCost & { readonly size: number })[] = [];
  try {
    for (const size of CASES) {
      signal.throwIfAborted();
      crowd.growTo(size);
      const cost = await scrapeCost(crowd, signal);
      costs.push({ ...cost, size });
      console.log(`scrape of ${size} guests, milliseconds: ${cost.text}`);
    }
  } finally {
    await crowd.end();
  }
  const power = (value: (cost: ScrapeCost) => number) =>
    growth(costs.map((cost) => ({ size: cost.size, value: value(cost) })))?.toFixed(2) ?? 'unknown';
  const [fresh, stale] = [power(({ freshMs }) => freshMs.median), power(({ staleMs }) => staleMs.median)];
  console.log(`a scrape grows as the number of guests to the power of ${fresh}, one that has to read of ${stale}`);
  return costs.flatMap(({ size, freshMs, staleMs }) => [
    atMost(`a scrape of ${size} guests, longest of ${freshMs.count}`, MOST_MS, freshMs.max, 'ms'),
    atMost(`one that has to read, longest of ${staleMs.count}`, MOST_MS, staleMs.max, 'ms'),
  ]);
}

import type { z } from 'zod';

/** Refuses a mapping that does not say exactly one of its keys. */
export function addOthers(said: Readonly<Record<string, unknown>>, context: z.RefinementCtx, right: string): void {
  const [first, other] = Object.keys(said).filter((key) => said[key] !== undefined);
  const add = (path: string[], message: string) => context.addIssue({ code: 'custom', message, path });
  if (first === undefined) add([], `says nothing; write ${right}`);
  else if (other !== undefined) add([other], `it is ${first} already; leave one of them out`);
}

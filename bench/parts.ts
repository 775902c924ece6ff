import { printVerdicts, type Verdict } from './verdicts.ts';

/** Takes away what it made. */
export type Part = (interrupted: AbortSignal) => Promise<readonly Verdict[]>;

/** Those that the command's words name, or all of them, and then what was expected of them. Ends with 1 where one of them is not right. */
export async function benchParts(parts: Readonly<Record<string, Part>>, interrupted: AbortSignal): Promise<void> {
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts);
  const verdicts: Verdict[] = [];
  for (const name of wanted) {
    if (!interrupted.aborted) verdicts.push(...(await verdictsOf(parts, name, interrupted)));
  }
  if (verdicts.length > 0) printVerdicts(verdicts);
  if (verdicts.some(({ isExact, isWithin }) => isExact && !isWithin)) process.exitCode = 1;
}

// What goes wrong in one of them says nothing of the others.
async function verdictsOf(
  parts: Readonly<Record<string, Part>>,
  name: string,
  interrupted: AbortSignal,
): Promise<readonly Verdict[]> {
  try {
    const part = parts[name];
    if (part === undefined) throw new Error(`${name}: one of ${Object.keys(parts).join(', ')}`);
    return await part(interrupted);
  } catch (error) {
    process.exitCode = 1;
    console.error('bench:', interrupted.aborted ? interrupted.reason.message : error);
    return [];
  }
}

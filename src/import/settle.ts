import { assemble } from '../config/assemble.ts';
import type { Document } from '../config/documents.ts';
import { spotKey } from '../config/parsed.ts';
import { readYaml } from '../config/yaml-text.ts';
import type { Problem } from '../model/config.ts';
import type { Place } from '../model/rule.ts';
import { type Part, type Target, type WrittenFile, writtenFiles } from './files.ts';
import type { Line, Setting } from './item.ts';
import { decide } from './verdict.ts';

export interface Settled {
  readonly files: readonly WrittenFile[];
  readonly lines: readonly Line[];
}

/**
 * The configuration that the lines make and that hostler takes: what it refuses is not written, and its line of the source needs a
 * decision, for the reason that the loader gives.
 */
export function settle(guests: readonly string[], lines: readonly Line[], target: Target): Settled {
  const files = writtenFiles(guests, lines, target);
  const documents = files.map(({ path, kind, text }): Document => ({ file: path, kind, parsed: readYaml(text) }));
  const { problems } = assemble({ documents, problems: [] }, { knownGuests: [] });
  const refused = refusals(problems, files, documents);
  if (refused.size === 0) return { files, lines };
  return settle(
    guests,
    lines.map((line) => without(line, refused)),
    target,
  );
}

/** Of each setting that cannot stay, why. */
function refusals(
  problems: readonly Problem[],
  files: readonly WrittenFile[],
  documents: readonly Document[],
): ReadonlyMap<Setting, string> {
  const refused = new Map<Setting, string>();
  for (const problem of problems) {
    const at = files.findIndex(({ path }) => path === problem.place.file);
    const parts = blamed(problem, files[at]?.parts ?? [], documents[at]);
    for (const { setting } of parts) if (!refused.has(setting)) refused.set(setting, problem.says);
  }
  return refused;
}

// What the problem points at, with all that is inside it; where that is nobody's, everything in the file.
function blamed({ place, says }: Problem, parts: readonly Part[], document?: Document): readonly Part[] {
  const paths = [...(document?.parsed.spots ?? [])]
    .filter(([, { value, key }]) => isAt(place, value) || (key !== undefined && isAt(place, key)))
    .map(([key]) => key);
  const named = paths.filter((key) => says.startsWith(`${pathOf(key).join('.')}: `));
  const path = pathOf(named.at(-1) ?? paths.at(-1) ?? spotKey([]));
  const found = parts.filter((part) => part.path.every((step, at) => at >= path.length || step === path[at]));
  return found.length > 0 ? found : parts;
}

function isAt({ line, column }: Place, at: { readonly line: number; readonly column: number }): boolean {
  return line === at.line && column === at.column;
}

function pathOf(key: string): readonly unknown[] {
  const path: unknown = JSON.parse(key);
  return Array.isArray(path) ? path : [];
}

// What one line says stays whole or goes.
function without(line: Line, refused: ReadonlyMap<Setting, string>): Line {
  const [why] = line.verdict.settings.flatMap((setting) => refused.get(setting) ?? []);
  return why === undefined ? line : { ...line, verdict: decide(`${line.verdict.how}; not written: ${why}`) };
}

import { type Config, type Problem, type Settings, USUAL_LXC_PATH } from '../model/config.ts';
import type { Policy } from '../model/policy.ts';
import { smallLimits } from '../model/small-limits.ts';
import { DEFAULT_ALERTS } from './alerts.ts';
import { cycles } from './cycles.ts';
import { DEFAULT_DAMPING } from './damping.ts';
import type { Documents } from './documents.ts';
import { DEFAULT_METRICS } from './metrics.ts';
import { aboutLxcPath, absentGuests, misnamedFiles, repeatedNames, unknownGuests, unknownPolicies } from './names.ts';
import { onTheirBases } from './policy-base.ts';
import { policyContradictions } from './policy-contradictions.ts';
import { policyModel } from './policy-model.ts';
import { cut } from './quote.ts';
import { type Content, readDocument } from './read-document.ts';
import { DEFAULT_RESERVE } from './reserve.ts';
import { kindByPlace } from './sources.ts';

const DEFAULTS: Settings = {
  lxcPath: USUAL_LXC_PATH,
  damping: DEFAULT_DAMPING,
  alerts: DEFAULT_ALERTS,
  reserve: DEFAULT_RESERVE,
  metrics: DEFAULT_METRICS,
};

/** Names and texts of any length may be in a sentence. */
const LONGEST = 500;

/** A whole configuration, or everything that is wrong with it, sorted by place. */
export type Loaded =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly problems: readonly [];
      readonly warnings: readonly Problem[];
    }
  | {
      readonly ok: false;
      readonly problems: readonly [Problem, ...Problem[]];
      /** What hostler.yaml says, where nothing is wrong with that file. */
      readonly settings?: Settings;
      readonly warnings: readonly Problem[];
    };

/** What is known besides the files. */
export interface Context {
  /** The guests that are on the host; absent: rules may name any guest. */
  readonly knownGuests?: readonly string[];
  /** What is wrong with the folder of lxcPath, and where that is said unless a file names it. */
  readonly lxcPath?: Problem;
  /** Files without the configuration that they belong to: what they name may be elsewhere. */
  readonly isPart?: true;
}

/** Puts files together that were read; problems from reading them are passed on. */
export function assemble({ documents, problems: unread }: Documents, context: Context): Loaded {
  const contents = documents.map((document) => ({
    file: document.file,
    content: readDocument(document.kind, document.file, document.parsed),
  }));
  const inside = contents.flatMap(({ file, content }) =>
    content.complaints.map(
      ({ line, column, code, says }): Problem => ({ place: { file, line, column }, code, says: cut(says, LONGEST) }),
    ),
  );
  const guests = context.knownGuests ? unknownGuests(documents, context.knownGuests) : [];
  const based = onTheirBases(contents.flatMap(({ content }) => content.policies));
  const unnamed = context.isPart ? [] : [...based.problems, ...unknownPolicies(documents)];
  const policies = [...unnamed, ...based.policies.flatMap(policyContradictions)];
  const [first, ...others] = sorted([
    ...unread,
    ...inside,
    ...repeatedNames(documents),
    ...cycles(documents),
    ...guests,
    ...policies,
  ]);
  const config = join(
    contents.map(({ content }) => content),
    based.policies.map(policyModel),
  );
  const absent = context.knownGuests ? absentGuests(documents, context.knownGuests) : [];
  const aboutLxc = aboutLxcPath(documents, context.lxcPath);
  const warnings = sorted([
    ...misnamedFiles(documents),
    ...absent,
    ...aboutLxc,
    ...config.policies.flatMap(smallLimits),
  ]);
  if (first === undefined) return { ok: true, config, problems: [], warnings };
  const problems: [Problem, ...Problem[]] = [first, ...others];
  const areSettingsRight = !problems.some(({ place }) => kindByPlace(place.file) === 'settings');
  return { ok: false, problems, warnings, ...(areSettingsRight && { settings: config.settings }) };
}

function join(contents: readonly Content[], policies: readonly Policy[]): Config {
  return {
    rules: contents.flatMap(({ rules }) => rules),
    guests: contents.flatMap(({ guests }) => guests),
    policies,
    settings: Object.assign({}, DEFAULTS, ...contents.map(({ settings }) => settings)),
  };
}

function sorted(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted(({ place: one }, { place: other }) => {
    if (one.file !== other.file) return one.file < other.file ? -1 : 1;
    return one.line - other.line || one.column - other.column;
  });
}

import type { z } from 'zod';
import type { Settings } from '../model/config.ts';
import type { GuestSettings } from '../model/guest.ts';
import type { Place, Rule } from '../model/rule.ts';
import { alertsModel } from './alerts.ts';
import { dampingModel } from './damping.ts';
import { explain } from './explain.ts';
import { guestSchema } from './guest-schema.ts';
import { metricsModel } from './metrics.ts';
import { oddNumbers } from './odd-numbers.ts';
import { type Complaint, type Parsed, spotOf } from './parsed.ts';
import type { WrittenPolicy } from './policy-base.ts';
import { policySchema } from './policy-schema.ts';
import { reserveModel } from './reserve.ts';
import { restartModel } from './restart-schema.ts';
import { ruleModel } from './rule-model.ts';
import { rulesSchema } from './rule-schema.ts';
import { settingsSchema } from './settings-schema.ts';
import { shutdownModel } from './shutdown.ts';
import type { Kind } from './sources.ts';
import { startModel } from './start-schema.ts';
import { stopModel } from './stop-schema.ts';

/** What one file says, as far as it is right, and what is wrong in it. */
export interface Content {
  readonly rules: readonly Rule[];
  readonly guests: readonly GuestSettings[];
  readonly policies: readonly WrittenPolicy[];
  readonly settings: Partial<Settings>;
  readonly complaints: readonly Complaint[];
}

/** The content of a file of this kind. A file without content says nothing, and nothing is wrong with that. */
export function readDocument(kind: Kind, file: string, parsed: Parsed): Content {
  const isBlank = parsed.data === undefined || parsed.data === null;
  const content = isBlank ? {} : readers[kind](file, parsed);
  const complaints = [...parsed.complaints, ...(content.complaints ?? [])];
  return { ...nothing, ...content, complaints: [...complaints, ...oddNumbers(parsed.spots, complaints)] };
}

const nothing: Content = { rules: [], guests: [], policies: [], settings: {}, complaints: [] };

const readers: Readonly<Record<Kind, (file: string, parsed: Parsed) => Partial<Content>>> = {
  rules: (file, parsed) =>
    check(rulesSchema, parsed, (rules) => ({
      rules: rules.map((rule, at) => ruleModel(rule, placeOf(file, parsed, at))),
    })),
  guests: (_file, parsed) =>
    check(guestSchema, parsed, ({ guest, runtime, devices, policy, ...life }) => ({
      guests: [
        {
          guest,
          ...(runtime && { runtime }),
          ...(devices && { devices }),
          ...(policy && { policy }),
          ...lifeModel(life),
        },
      ],
    })),
  policies: (file, parsed) =>
    check(policySchema, parsed, (input) => ({ policies: [{ input, file, spots: parsed.spots }] })),
  settings: (_file, parsed) =>
    check(settingsSchema, parsed, ({ lxcPath, damping, alerts, reserve, metrics, cpu, shutdown }) => ({
      settings: {
        ...(lxcPath !== undefined && { lxcPath }),
        ...(damping && { damping: dampingModel(damping) }),
        ...(alerts && { alerts: alertsModel(alerts) }),
        ...(reserve && { reserve: reserveModel(reserve) }),
        ...(metrics && { metrics: metricsModel(metrics) }),
        ...(cpu?.bursts && { bursts: cpu.bursts }),
        ...shutdownModel(shutdown),
      },
    })),
};

type LifeInput = Pick<z.infer<typeof guestSchema>, 'start' | 'stop' | 'restart'>;

function lifeModel({ start, stop, restart }: LifeInput): Pick<GuestSettings, 'start' | 'stop' | 'restart'> {
  return {
    ...(start && { start: startModel(start) }),
    ...(stop && { stop: stopModel(stop) }),
    ...(restart && { restart: restartModel(restart) }),
  };
}

function check<Schema extends z.ZodType>(
  schema: Schema,
  parsed: Parsed,
  content: (value: z.output<Schema>) => Partial<Content>,
): Partial<Content> {
  const result = schema.safeParse(parsed.data);
  if (result.success) return content(result.data);
  return { complaints: explain(result.error.issues, { data: parsed.data, spots: parsed.spots }) };
}

function placeOf(file: string, { spots }: Parsed, index: number): Place {
  return { file, ...spotOf(spots, [index]).value };
}

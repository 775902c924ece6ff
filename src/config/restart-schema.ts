import { z } from 'zod';
import type { CrashSettings, RebootSettings, RestartSettings } from '../model/lifecycle.ts';
import { parseDuration } from './duration.ts';
import { usualDuration } from './duration-schema.ts';
import { oneWord } from './one-word.ts';
import { mapping, whole } from './schema-parts.ts';

const DEFAULT_CRASH: CrashSettings = { delayMs: 1000, mostMs: 300_000, stableMs: 600_000, budget: 10 };
const RIGHT = 'off, or { delay: 1s, most: 5m, stable: 10m, budget: 10 }';
const MOST_RESTARTS = 1000;
const DEFAULT_REBOOT: RebootSettings = { budget: 10, withinMs: 3_600_000 };
const REBOOT_RIGHT = 'off, or { budget: 10, within: 1h }';
const MOST_REBOOTS = 50;

const crashTable = mapping(RIGHT, {
  delay: usualDuration('Before the first restart; twice as long before each further one.', '1s'),
  most: usualDuration('What the delay grows to.', '5m'),
  stable: usualDuration('After so long without a crash the delay is the first one again.', '10m'),
  budget: whole(`a whole number from 1 to ${MOST_RESTARTS}, such as 10`, 1, MOST_RESTARTS, {
    description: 'Restarts in an hour; after them it is left stopped until somebody starts it.',
    default: 10,
  }).optional(),
}).superRefine(addTooLong, { when: ({ issues }) => issues.length === 0 });

const rebootTable = mapping(REBOOT_RIGHT, {
  budget: whole(`a whole number from 1 to ${MOST_REBOOTS}, such as 10`, 1, MOST_REBOOTS, {
    description: 'Reboots in that time; after one more it is stopped, and left so until somebody starts it.',
    default: 10,
  }).optional(),
  within: usualDuration('In which they are counted.', '1h'),
});

/** restart of a file of guests/. */
export const restartSchema = mapping(
  'when it is started again, such as { crash: { delay: 1s } }',
  {
    crash: z
      .union([oneWord(['off'], RIGHT), crashTable], { error: RIGHT })
      .meta({ description: 'When it ended although nobody asked for that.', default: 'off' })
      .optional(),
    reboot: z
      .union([oneWord(['off'], REBOOT_RIGHT), rebootTable], { error: REBOOT_RIGHT })
      .meta({
        description:
          'How often it may reboot from inside. off: it is stopped when it does. Left out: as often as it likes, and more than ten times in an hour is told.',
      })
      .optional(),
  },
  { description: 'When the guest is started again by itself.' },
);

type CrashInput = z.infer<typeof crashTable>;

export function restartModel({ crash, reboot }: z.infer<typeof restartSchema>): RestartSettings {
  return {
    ...(crash !== undefined && typeof crash !== 'string' && { crash: crashModel(crash) }),
    ...(reboot !== undefined && { reboot: typeof reboot === 'string' ? ('off' as const) : rebootModel(reboot) }),
  };
}

function rebootModel({ budget, within }: z.infer<typeof rebootTable>): RebootSettings {
  return {
    budget: budget ?? DEFAULT_REBOOT.budget,
    withinMs: parseDuration(within ?? '') ?? DEFAULT_REBOOT.withinMs,
  };
}

function crashModel({ delay, most, stable, budget }: CrashInput): CrashSettings {
  return {
    delayMs: parseDuration(delay ?? '') ?? DEFAULT_CRASH.delayMs,
    mostMs: parseDuration(most ?? '') ?? DEFAULT_CRASH.mostMs,
    stableMs: parseDuration(stable ?? '') ?? DEFAULT_CRASH.stableMs,
    budget: budget ?? DEFAULT_CRASH.budget,
  };
}

function addTooLong(said: CrashInput, context: z.RefinementCtx): void {
  const { delayMs, mostMs } = crashModel(said);
  if (delayMs <= mostMs) return;
  const message = `${said.delay} is more than most, which is ${said.most ?? '5m'}; write at most that`;
  context.addIssue({ code: 'custom', params: { code: 'E_CONFIG_CONFLICT' }, message, path: ['delay'] });
}

import type { Refusal } from '../model/failure.ts';
import type { Invocation } from './command.ts';
import { seconds } from './seconds.ts';

/** What is wrong with how a command says which guests it means, and how long it may take. */
export function wrongChoice({ args, options }: Invocation, subject: string): Refusal | undefined {
  const isOfMany = options.all || options.mark !== undefined;
  const usage = (detail: string): Refusal => ({ code: 'E_USAGE', subject, detail });
  if (options.all && options.mark !== undefined) return usage('either --all or --mark is wanted');
  if (isOfMany && args.length > 0) return usage('either GUEST is wanted, or --all or --mark');
  if (!isOfMany && args.length === 0) return usage('GUEST is missing, or --all or --mark');
  if (options.kill && options.timeout !== undefined) return usage('either --timeout or --kill is wanted');
  if (options.timeout === undefined || !Number.isNaN(seconds(options.timeout))) return undefined;
  const detail = `"${options.timeout}" is no number of seconds from 1 to 3600`;
  return { code: 'E_USAGE', subject: '--timeout', detail };
}

/** What is said where nobody was meant; `does`: what is true of all that --all means. */
export function nobodyText({ options: { mark } }: Pick<Invocation, 'options'>, does: string): string {
  return mark === undefined ? `no guest ${does}` : `no guest with the mark ${mark} ${does}`;
}

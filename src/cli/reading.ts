import { ask } from './ask.ts';
import type { ExitCode, Invocation, Run } from './command.ts';

/** A command that asks one question and prints the answer, as it is with --json, and ends with what `judge` finds in it. */
export function reading<View>(
  question: (invocation: Invocation) => string,
  print: (view: View, invocation: Invocation) => void,
  judge: (view: View, invocation: Invocation) => ExitCode = () => 0,
): Run {
  return asking('GET', question, print, judge);
}

/** The same for a command that makes the agent do something. */
export function writing<View>(
  question: (invocation: Invocation) => string,
  print: (view: View, invocation: Invocation) => void,
  judge: (view: View, invocation: Invocation) => ExitCode,
): Run {
  return asking('POST', question, print, judge);
}

function asking<View>(
  method: 'GET' | 'POST',
  question: (invocation: Invocation) => string,
  print: (view: View, invocation: Invocation) => void,
  judge: (view: View, invocation: Invocation) => ExitCode,
): Run {
  return async (invocation) => {
    const { options, terminal } = invocation;
    const asked = await ask<View>(options, method, question(invocation));
    if (!asked.ok) return terminal.fail(asked.refusal);
    if (options.json) terminal.json(asked.value);
    else print(asked.value, invocation);
    return judge(asked.value, invocation);
  };
}

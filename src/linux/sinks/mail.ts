import type { AlertMessage } from '../../model/alert-message.ts';
import { printable } from '../../model/printable.ts';
import type { AlertSink } from '../../ports/alert-sink.ts';
import { runProgram } from './run-program.ts';

/** A mail for each message, handed to what every mail system has as sendmail. */
export function mailSink(address: string, sendmail: string): AlertSink {
  return {
    name: `mail ${address}`,
    most: 1,
    async send(messages, signal) {
      for (const message of messages) {
        // -i: a line with a single dot is text. -t: the recipient is in the head, where no option can be made of it.
        const sent = await runProgram([sendmail, '-i', '-t'], mailOf(address, message), {}, signal);
        if (!sent.ok) return sent;
      }
      return { ok: true };
    },
  };
}

function mailOf(address: string, { status, labels, annotations, startsAt, endsAt }: AlertMessage): string {
  const facts = Object.entries({ status, ...labels, startsAt, ...(endsAt !== undefined && { endsAt }) });
  const head = [
    `To: ${address}`,
    `Subject: ${headText(`${labels.instance}: ${annotations.summary}`)}`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
  ];
  const body = [annotations.description, annotations.runbook, '', ...facts.map(([name, value]) => `${name}: ${value}`)];
  return `${head.join('\n')}\n\n${body.map(printable).join('\n')}\n`;
}

/** Text of a line of a mail's head: a name that somebody gave to a guest begins no other line. */
function headText(text: string): string {
  const line = printable(text);
  if (/^[\x20-\x7e]*$/.test(line)) return line;
  return words(line)
    .map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`)
    .join('\n ');
}

/** An encoded word has at most 75 characters, and is whole characters. */
function words(text: string): readonly string[] {
  const all: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > 42) {
      all.push(word);
      word = '';
    }
    word += character;
  }
  return [...all, word];
}

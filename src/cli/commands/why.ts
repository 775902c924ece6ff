import { failureText } from '../../model/failure.ts';
import type { RuleVerdict, WhyView } from '../../ports/agent.ts';
import { target } from '../ask.ts';
import { deviceNumber, portAndId } from '../device-text.ts';
import { reading } from '../reading.ts';
import { columns } from '../table.ts';
import type { Line, Span } from '../terminal.ts';

export const why = reading<WhyView>(
  ({ args: [device = ''] }) => target('/v1/why', { device }),
  ({ device, rules }, { options, terminal }) => {
    terminal.print(
      `${device.node ?? device.devpath}  ${deviceNumber(device)}  ${device.subsystem}  ${portAndId(device)}`,
    );
    terminal.print(...owners({ device, rules }), '');
    terminal.print(
      ...columns(options['no-legend'] ? [] : ['RULE', 'MATCHES', 'BECAUSE', 'WRITTEN AT'], rules.map(row)),
    );
    if (rules.length === 0) terminal.say('there are no rules');
  },
);

function owners({ device }: WhyView): readonly Line[] {
  if (device.given.length === 0) return [{ text: 'nobody has it', colour: 'yellow' }];
  return device.given.map(
    ({ guest, rule, path, told }): Span => ({
      text: `${guest} has it as ${path} by ${rule}${told ? ', and was told' : ''}`,
      colour: 'green',
    }),
  );
}

function row(verdict: RuleVerdict): readonly Span[] {
  const { file, line, column } = verdict.place;
  return [verdict.rule, verdict.matched ? 'yes' : 'no', because(verdict), `${file}:${line}:${column}`];
}

function because({ matched, failed, refusal, guests, partOf }: RuleVerdict): Span {
  if (refusal) return { text: failureText(refusal), colour: 'red' };
  if (failed) return `${failed.key} should be ${failed.wanted} and is ${failed.found || '(nothing)'}`;
  if (!matched) return '-';
  const whole = partOf === undefined ? '' : `, with all of ${partOf.slice(partOf.lastIndexOf('/') + 1)}`;
  return guests.length > 0 ? `for ${guests.join(', ')}${whole}` : 'no guest of this host is meant';
}

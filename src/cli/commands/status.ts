import { problemText } from '../../config/problem-text.ts';
import { failureText } from '../../model/failure.ts';
import type { StatusView } from '../../ports/agent.ts';
import { reading } from '../reading.ts';
import { columns } from '../table.ts';
import type { Span } from '../terminal.ts';

export const status = reading<StatusView>(
  () => '/v1/status',
  (view, { terminal }) => {
    terminal.print(...columns([], facts(view)));
    terminal.print(...troubles(view));
    terminal.print(
      '',
      ...columns(
        [],
        Object.entries(view.counters).map(([name, count]) => [name, String(count)]),
      ),
    );
  },
  (view) => (view.ready && view.converged ? 0 : 3),
);

function facts(view: StatusView): readonly (readonly Span[])[] {
  const { running, stopped, failing } = view.guests;
  return [
    ['agent', `${view.version}, process ${view.pid}, since ${view.since}`],
    ['converged', convergence(view)],
    ['guests', `${running} running, ${stopped} stopped, ${failing} failing`],
    ['devices', `${view.devices} on the host, ${view.nodes} nodes in guests`],
    ['rules', `${view.rules} from ${view.config.folder}, loaded ${view.config.loaded}`],
    ['changes', view.watching ? 'heard at once' : { text: 'not heard; hostler reload reads them', colour: 'yellow' }],
    ...(view.bursts === undefined ? [] : [['bursts', `by ${view.bursts.by}: ${view.bursts.why}`]]),
    ['udev', view.udev === 'running' ? view.udev : { text: view.udev, colour: 'yellow' }],
  ];
}

function convergence({ ready, converged }: StatusView): Span {
  if (!ready) return { text: 'not known yet, the first pass is under way', colour: 'yellow' };
  return converged ? { text: 'yes', colour: 'green' } : { text: 'no', colour: 'yellow' };
}

function troubles(view: StatusView): readonly Span[] {
  const problems = view.config.problems.map((problem): Span => ({ text: problemText(problem), colour: 'red' }));
  const warnings = view.warnings.map((warning): Span => ({ text: failureText(warning), colour: 'yellow' }));
  return problems.length + warnings.length > 0 ? ['', ...problems, ...warnings] : [];
}

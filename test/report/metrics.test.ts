import { expect, test } from 'vitest';
import { familyText } from '../../src/report/exposition.ts';
import { metricFamilies } from '../../src/report/metrics.ts';
import { debianPackage, runTool } from '../contract/debian-package.ts';
import { everything } from './everything.ts';

const { unpacked, lack } = debianPackage('prometheus');
const families = [...metricFamilies(everything)];
const text = families.map(familyText).join('');
const LABELS = ['guest', 'resource', 'rule', 'action', 'result', 'phase'];

function lines(name: string): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
}

test('guests are told by state', () => {
  expect(lines('hostler_guests')).toEqual([
    'hostler_guests{phase="running"} 1',
    'hostler_guests{phase="suspect"} 0',
    'hostler_guests{phase="stopped"} 1',
  ]);
});

test('what is wrong is told by its code', () => {
  expect(lines('hostler_warnings')).toEqual([
    'hostler_warnings{result="W_UDEV_ABSENT"} 1',
    'hostler_warnings{result="E_NODE_FOREIGN"} 1',
  ]);
});

test('alerts are told by guest and resource, sinks by how they do', () => {
  expect(lines('hostler_alerts')).toEqual([
    'hostler_alerts{guest="scan1",resource="processes",phase="firing"} 1',
    'hostler_alerts{guest="scan1",resource="oom",phase="firing"} 1',
  ]);
  expect(lines('hostler_alert_sinks')).toEqual([
    'hostler_alert_sinks{result="ok"} 1',
    'hostler_alert_sinks{result="failing"} 1',
  ]);
  expect(lines('hostler_alert_messages_waiting')).toEqual(['hostler_alert_messages_waiting 2']);
  expect(lines('hostler_alert_messages_total')).toEqual([
    'hostler_alert_messages_total{result="sent"} 12',
    'hostler_alert_messages_total{result="undelivered"} 1',
  ]);
});

test('the version, the state of the agent and its own cost are told', () => {
  expect(lines('hostler_build_info')).toEqual([`hostler_build_info{version="${everything.status.version}"} 1`]);
  expect(lines('hostler_converged')).toEqual(['hostler_converged 1']);
  expect(lines('hostler_resident_memory_bytes')).toEqual(['hostler_resident_memory_bytes 70000000']);
  expect(lines('hostler_cpu_seconds_total')).toEqual(['hostler_cpu_seconds_total 1.25']);
});

test('every metric has its name once, and counters alone end in _total', () => {
  const names = families.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !name.startsWith('hostler_'))).toEqual([]);
  for (const { name, type } of families) expect(name.endsWith('_total'), name).toBe(type === 'counter');
});

test('there are the labels that were promised and no others, and no series twice', () => {
  for (const { name, type, samples } of families) {
    const allowed = [
      ...LABELS,
      ...(type === 'histogram' ? ['le'] : []),
      ...(name === 'hostler_build_info' ? ['version'] : []),
    ];
    const used = new Set(samples.flatMap(({ labels }) => Object.keys(labels ?? {})));
    expect([...used].filter((label) => !allowed.includes(label))).toEqual([]);
    const series = samples.map(({ labels, suffix }) => JSON.stringify([suffix, labels]));
    expect(new Set(series).size).toBe(series.length);
  }
});

test('promtool has nothing to say against it', ({ skip }) => {
  skip(lack !== undefined, lack);
  const checked = runTool(unpacked, 'usr/bin/promtool', ['check', 'metrics'], text);
  expect(checked).toEqual({ status: 0, said: '' });
  const wrong = runTool(unpacked, 'usr/bin/promtool', ['check', 'metrics'], text.replaceAll('_total', '_count'));
  expect(wrong.status).not.toBe(0);
});

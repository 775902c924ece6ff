import { expect, test } from 'vitest';
import { forgetSight, sightOf } from '../../src/agent/sight.ts';
import { newRecord } from '../../src/agent/world.ts';
import type { Entry } from '../../src/model/observed.ts';

const folder: Entry = { kind: 'folder', empty: false };

function seen(entries: Readonly<Record<string, Entry>>) {
  const record = newRecord({ name: 'web1', runtime: 'lxc' }, {});
  record.watched = '/dev';
  record.sight = { entries: new Map(Object.entries(entries)), policy: 'confined', grants: [] };
  return record;
}

test('a name that nobody saw in a folder that was seen is not there', () => {
  const sight = sightOf(seen({ '/dev': folder }), ['/dev', '/dev/ttyUSB0']);
  expect(sight?.entries.get('/dev/ttyUSB0')).toEqual({ kind: 'absent' });
});

test("of a folder that nobody saw nothing is known: it may be the guest's own", () => {
  expect(sightOf(seen({ '/dev': folder }), ['/dev', '/dev/scanners', '/dev/scanners/front'])).toBeUndefined();
});

test('nothing is below a folder that was seen not to be there', () => {
  const absent: Entry = { kind: 'absent' };
  const sight = sightOf(seen({ '/dev': folder, '/dev/bus': absent }), [
    '/dev',
    '/dev/bus',
    '/dev/bus/usb',
    '/dev/bus/usb/004',
  ]);
  expect(sight?.entries.get('/dev/bus/usb')).toEqual(absent);
  expect(sight?.entries.get('/dev/bus/usb/004')).toEqual(absent);
});

test('what stands where a folder should be is not looked into', () => {
  expect(sightOf(seen({ '/dev': { kind: 'refused', errno: 'ELOOP' } }), ['/dev', '/dev/ttyUSB0'])).toBeUndefined();
});

test.each([
  ['nothing is watched', { watched: '' }],
  ['changes are not heard', { deaf: true }],
  ['something was refused', { refusals: [{ code: 'E_PATH_ESCAPE', subject: 'web1:/dev/x' } as const] }],
])('a sight is not trusted when %s', (_why, trouble) => {
  expect(sightOf(Object.assign(seen({ '/dev': folder }), trouble), ['/dev'])).toBeUndefined();
});

test('a report ends it, and what was asked for before the report is not kept', () => {
  const record = seen({ '/dev': folder });
  const before = record.reports;
  forgetSight(record);
  expect(sightOf(record, ['/dev'])).toBeUndefined();
  expect(record.reports).not.toBe(before);
});

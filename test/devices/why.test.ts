import { describe, expect, test } from 'vitest';
import { firstMismatch } from '../../src/devices/why.ts';
import { serial } from './make.ts';

describe('why a device is not matched', () => {
  test('a value that differs', () => {
    expect(firstMismatch({ subsystem: ['usb', 'block'] }, serial())).toEqual({
      key: 'subsystem',
      wanted: 'usb or block',
      found: 'tty',
    });
  });

  test('a value that is absent, which not even a star matches', () => {
    expect(firstMismatch({ driver: ['*'] }, serial())).toEqual({ key: 'driver', wanted: '*', found: 'absent' });
  });

  test('a property by its name', () => {
    const why = firstMismatch({ property: { ID_SERIAL_SHORT: ['B*'] } }, serial());
    expect(why).toEqual({ key: 'property.ID_SERIAL_SHORT', wanted: 'B*', found: 'A4008T7W' });
  });

  test('the parent that came furthest, not the nearest or the last', () => {
    const why = firstMismatch({ parent: { attr: { idVendor: ['0403'], idProduct: ['6010'] } } }, serial());
    expect(why).toEqual({ key: 'parent.attr.idProduct', wanted: '6010', found: '6001' });
  });

  test('no single parent has all of it, though two have it together', () => {
    const match = { parent: { attr: { idVendor: ['0403'], idProduct: ['0104'] } } };
    expect(firstMismatch(match, serial())?.key).toBe('parent.attr.idProduct');
  });

  test('a device without parents', () => {
    expect(firstMismatch({ parent: { subsystem: ['usb'] } }, serial({ ancestors: [] }))).toEqual({
      key: 'parent',
      wanted: 'subsystem: usb',
      found: 'no parent',
    });
  });

  test('what must not be, and is', () => {
    expect(firstMismatch({ not: { parent: { port: ['1-1.2'] } } }, serial())).toEqual({
      key: 'not',
      wanted: 'not parent.port: 1-1.2',
      found: 'all of that holds',
    });
  });

  test('a serial with a line break matches nothing, and is shown harmless', () => {
    const device = serial({ properties: { ID_SERIAL: 'A\nDEVNAME=sda' } });
    expect(firstMismatch({ property: { ID_SERIAL: ['*'] } }, device)?.found).toBe(
      'A\\x0aDEVNAME=sda (control characters: never matches)',
    );
  });

  test('nothing: the device is matched by number, name, port and what is below a port', () => {
    const match = { number: ['c 188:*'], name: ['ttyUSB?'], port: ['1-1.2'], below: ['1-1'], link: ['*FT232R*'] };
    expect(firstMismatch(match, serial())).toBeUndefined();
  });

  test('below a port is not beside it', () => {
    expect(firstMismatch({ below: ['1-1.20', '1-2'] }, serial())).toEqual({
      key: 'below',
      wanted: '1-1.20 or 1-2',
      found: '1-1.2, 1-1',
    });
  });
});

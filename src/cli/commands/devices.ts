import type { DeviceView } from '../../ports/agent.ts';
import { target } from '../ask.ts';
import { deviceNumber, givenTo, portAndId } from '../device-text.ts';
import { reading } from '../reading.ts';
import { columns } from '../table.ts';

const names = ['NUMBER', 'NODE', 'SUBSYSTEM', 'PORT/ID', 'GIVEN TO'];

export const devices = reading<readonly DeviceView[]>(
  ({ args: [guest] }) => target('/v1/devices', { guest }),
  (found, { options, terminal, args: [guest] }) => {
    terminal.print(...columns(options['no-legend'] ? [] : names, found.map(row)));
    if (found.length === 0) terminal.say(guest === undefined ? 'no devices' : `${guest} has no devices`);
  },
);

function row(device: DeviceView): readonly string[] {
  return [deviceNumber(device), device.node ?? device.sysname, device.subsystem, portAndId(device), givenTo(device)];
}

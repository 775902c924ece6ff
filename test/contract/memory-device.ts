import type { Device } from '../../src/model/device.ts';

/** /dev/zero and its like: devices that every host has. */
export function memoryDevice(minor: number): Device {
  return {
    devpath: `/devices/virtual/mem/${minor}`,
    sysname: `${minor}`,
    subsystem: 'mem',
    attrs: {},
    number: { type: 'c', major: 1, minor },
    node: `/dev/mem${minor}`,
    properties: {},
    tags: [],
    links: [],
    ancestors: [],
  };
}

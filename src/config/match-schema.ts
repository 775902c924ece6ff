import type { z } from 'zod';
import {
  attrKeyProblem,
  attrValueProblem,
  linkProblem,
  nameProblem,
  numberProblem,
  portProblem,
  propertyKeyProblem,
  wordProblem,
} from './match-value.ts';
import { mapping, pattern } from './schema-parts.ts';
import { table } from './table-schema.ts';

export type PatternInput = string | string[];

/** A match as a file writes it: model/rule.ts with single globs where it has lists. */
export interface MatchInput {
  subsystem?: PatternInput | undefined;
  devtype?: PatternInput | undefined;
  name?: PatternInput | undefined;
  sysname?: PatternInput | undefined;
  driver?: PatternInput | undefined;
  property?: Record<string, PatternInput> | undefined;
  attr?: Record<string, PatternInput> | undefined;
  parent?: AncestorInput | undefined;
  port?: PatternInput | undefined;
  below?: PatternInput | undefined;
  link?: PatternInput | undefined;
  number?: PatternInput | undefined;
  tag?: PatternInput | undefined;
  not?: MatchInput | undefined;
}

export type AncestorInput = Pick<MatchInput, 'subsystem' | 'devtype' | 'sysname' | 'driver' | 'attr' | 'port'>;

const ancestorKeys = {
  subsystem: pattern('a subsystem, such as usb', wordProblem, {
    description: "The kernel's subsystem of the device: a glob, or a list of which one must match.",
    examples: ['usb', 'tty', ['sound', 'drm']],
  }).optional(),
  devtype: pattern('a device type, such as usb_device', wordProblem, {
    description: 'DEVTYPE of the device. usb_device tells a USB device from its interfaces.',
    examples: ['usb_device', 'disk', 'partition'],
  }).optional(),
  sysname: pattern("a device's name in sysfs, such as ttyUSB*", wordProblem, {
    description: 'The last part of the path in sysfs.',
    examples: ['ttyUSB*', 'card0', '1-1.2:1.0'],
  }).optional(),
  driver: pattern('a driver, such as ftdi_sio', wordProblem, {
    description: 'The driver that the device itself is bound to; ask a parent for the driver of its interface.',
    examples: ['usb', 'ftdi_sio'],
  }).optional(),
  attr: table('attributes and their values, such as { idVendor: "04b8" }', attrKeyProblem, attrValueProblem, {
    description: 'sysfs attributes by name. Values are text: write numbers in quotes.',
    examples: [{ idVendor: '04b8', idProduct: '011f' }],
  }).optional(),
  port: pattern('a physical path, such as 1-1.2', portProblem, {
    description: 'The physical USB path: bus, dash, ports. The same socket keeps it over every replug.',
    examples: ['1-1.2'],
  }).optional(),
};

const ancestorSchema: z.ZodType<AncestorInput> = mapping(
  'conditions on one ancestor, such as { subsystem: usb }',
  ancestorKeys,
)
  .superRefine(refuseEmpty)
  .meta({ description: 'Conditions that one and the same ancestor of the device meets.', minProperties: 1 });

/** Conditions on one device. */
export const matchSchema: z.ZodType<MatchInput> = mapping(
  'conditions, such as { subsystem: usb, devtype: usb_device }',
  {
    ...ancestorKeys,
    name: pattern('a path below /dev, such as ttyUSB*', nameProblem, {
      description: "The node's path below /dev. * matches slashes, too.",
      examples: ['ttyUSB*', 'bus/usb/*'],
    }).optional(),
    property: table(
      'udev properties and their values, such as { ID_SERIAL_SHORT: "A10234" }',
      propertyKeyProblem,
      noProblem,
      {
        description: 'udev properties by name, as udevadm info shows them. Values are text: write numbers in quotes.',
        examples: [{ ID_SERIAL_SHORT: 'A10234' }],
      },
    ).optional(),
    parent: ancestorSchema.optional(),
    below: pattern('a physical path, such as 1-1', portProblem, {
      description: 'This USB port or anything plugged in below it, such as everything on one hub.',
      examples: ['1-1'],
    }).optional(),
    link: pattern('a link that udev makes, such as /dev/serial/by-id/*', linkProblem, {
      description: "One of udev's links to the device.",
      examples: ['/dev/serial/by-id/*FTDI*'],
    }).optional(),
    number: pattern('a device number, such as "c 188:*"', numberProblem, {
      description: 'c or b, a space, major, colon, minor.',
      examples: ['c 188:*'],
    }).optional(),
    tag: pattern('a tag of udev, such as systemd', wordProblem, {
      description: 'One of the tags that udev rules gave the device.',
      examples: ['uaccess'],
    }).optional(),
    get not(): z.ZodOptional<z.ZodType<MatchInput>> {
      return matchSchema.optional();
    },
  },
)
  .superRefine(refuseEmpty)
  .meta({
    id: 'match',
    description: 'Conditions on a device; all of them hold. Values are shell globs, or lists of them.',
    minProperties: 1,
  });

/** No condition would mean every device of the host. */
function refuseEmpty(match: object, context: z.RefinementCtx): void {
  if (Object.keys(match).length > 0 || context.issues.length > 0) return;
  context.addIssue({
    code: 'custom',
    message: 'has no condition and would match everything; write one, such as subsystem: usb',
  });
}

function noProblem(): undefined {
  return undefined;
}

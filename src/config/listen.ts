import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Address } from '../model/config.ts';
import { quote } from './quote.ts';

const WRITTEN = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([1-9][0-9]{0,4})$/;
const LAST_PORT = 65_535;

/** What is wrong with an address to listen on. A name is none: it may mean another address tomorrow. */
export function listenProblem(written: string): string | undefined {
  if (parseListen(written) !== undefined) return undefined;
  return `${quote(written)} is no address with a port; write one, such as 127.0.0.1:9477 or "[::1]:9477"`;
}

export function parseListen(written: string): Address | undefined {
  const [, six, four, port] = WRITTEN.exec(written) ?? [];
  const host = six ?? four ?? '';
  const isAddress = isIP(host) === (six === undefined ? 4 : 6);
  return isAddress && Number(port) <= LAST_PORT ? { host, port: Number(port) } : undefined;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only this host reaches it. */
export function isLoopback(host: string): boolean {
  return loopback.check(host, isIPv4(host) ? 'ipv4' : 'ipv6');
}

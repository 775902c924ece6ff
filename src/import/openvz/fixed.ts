import type { Item, Verdict } from '../item.ts';
import { decide, IN_RSS, none, taken, type Verdicts, verdictsOf } from '../verdict.ts';

/** What means the same whatever else is said. */
export function fixedVerdicts(guest: string, items: readonly Item[]): Verdicts {
  return verdictsOf(items, (item) => verdictOf(guest, item));
}

function verdictOf(guest: string, { key, value }: Item): Verdict | undefined {
  if (key === 'NAME') return value === guest ? taken('the name of its file') : none(`it is known as ${guest} here`);
  if (key === 'statement') return decide('not an assignment; nothing is run, and what it sets is not known');
  if (/\.(pre|post)?(u?mount|start|stop)$/.test(key))
    return decide('a script; stop.before of the guest, or a hook of LXC');
  const words = Object.hasOwn(FIXED, key) ? FIXED[key] : undefined;
  if (words === undefined) return undefined;
  const family = key === 'IP_ADDRESS' && value.includes(':') ? words.replace('ipv4', 'ipv6') : words;
  return none(family.replace('{}', () => value));
}

const RUNTIME = 'for what runs the guest';
const COUNTED = `no limit of its own; ${IN_RSS}`;
const NONE_OF_GUESTS = 'no limit of a whole guest is like it';
const NETWORK = `${RUNTIME}: lxc.net`;
const FILES = 'of the file system: its quota, or the size of its image';

const FIXED: Readonly<Record<string, string>> = {
  KMEMSIZE: COUNTED,
  DCACHESIZE: COUNTED,
  TCPSNDBUF: COUNTED,
  TCPRCVBUF: COUNTED,
  OTHERSOCKBUF: COUNTED,
  DGRAMRCVBUF: COUNTED,
  SHMPAGES: `${COUNTED}; the size of /dev/shm is what runs the guest's`,
  LOCKEDPAGES: `${NONE_OF_GUESTS}; lxc.prlimit.memlock holds each process`,
  NUMFILE: `${NONE_OF_GUESTS}; lxc.prlimit.nofile holds each process`,
  NUMFLOCK: NONE_OF_GUESTS,
  NUMPTY: `${RUNTIME}: lxc.pty.max`,
  NUMSIGINFO: `${NONE_OF_GUESTS}; lxc.prlimit.sigpending holds each user`,
  NUMTCPSOCK: NONE_OF_GUESTS,
  NUMOTHERSOCK: NONE_OF_GUESTS,
  NUMIPTENT: `${NONE_OF_GUESTS}; rules of nftables are counted by nobody`,
  AVNUMPROC: 'what is usual, and no limit; rules of consistency are judged by it',
  VM_OVERCOMMIT: 'privvmpages by it, where it is not said; memory.as with enforce: data is that',
  CPUMASK: `${RUNTIME}: lxc.cgroup2.cpuset.cpus = {}`,
  NODEMASK: `${RUNTIME}: lxc.cgroup2.cpuset.mems = {}`,
  HOSTNAME: `${RUNTIME}: lxc.uts.name = {}`,
  IP_ADDRESS: `${NETWORK}.0.ipv4.address = {}`,
  NAMESERVER: `${RUNTIME}: /etc/resolv.conf inside`,
  SEARCHDOMAIN: `${RUNTIME}: /etc/resolv.conf inside`,
  NETIF: NETWORK,
  NETDEV: `${NETWORK} with type phys`,
  PCI: `${RUNTIME}; the devices of a card are rules`,
  CAPABILITY: `${RUNTIME}: lxc.cap.drop and lxc.cap.keep`,
  FEATURES: `${RUNTIME}; /dev/net/tun, /dev/fuse and /dev/ppp are rules`,
  IPTABLES: `${RUNTIME}: the modules that the host loads`,
  NETFILTER: `${RUNTIME}: the modules that the host loads`,
  BINDMOUNT: `${RUNTIME}: lxc.mount.entry`,
  MOUNT_OPTS: `${RUNTIME}: lxc.rootfs.options`,
  VE_ROOT: `${RUNTIME}: lxc.rootfs.path`,
  VE_PRIVATE: `${RUNTIME}: lxc.rootfs.path`,
  VE_LAYOUT: `${RUNTIME}: lxc.rootfs.path`,
  OSTEMPLATE: 'where it came of',
  ORIGIN_SAMPLE: 'where it came of',
  CONFIG_CUSTOMIZED: 'where it came of',
  VERSION: 'of this file',
  UUID: 'nothing here is named by it',
  VEID: 'guests have no numbers',
  CTID: 'guests have no numbers',
  DESCRIPTION: 'a comment in the guest’s file is free',
  DISKSPACE: FILES,
  DISKINODES: FILES,
  DISK_QUOTA: FILES,
  QUOTATIME: FILES,
  QUOTAUGIDLIMIT: FILES,
  NOATIME: FILES,
};

import { guestNameProblem } from '../../config/guest-name.ts';
import type { Item, Source, SourceGuest, TreeFile } from '../item.ts';
import { readAssignments, type Statement } from './shell.ts';

/** Variables that list words, each of which means something by itself. */
const LISTS = new Set(
  'DEVICES DEVNODES PCI CAPABILITY FEATURES IPTABLES IP_ADDRESS NAMESERVER SEARCHDOMAIN NETDEV NETIF BINDMOUNT'.split(
    ' ',
  ),
);

/** What vz.conf(5) says of the host and of vzctl, and of no guest. */
const OF_HOST = new Set(
  'VIRTUOZZO LOCKDIR DUMPDIR VE0CPUUNITS VZFASTBOOT VE_PARALLEL VE_STOP_MODE LOGGING LOGFILE LOG_LEVEL VERBOSE TEMPLATE NEIGHBOUR_DEVS ERROR_ON_ARPFAIL SKIP_ARPDETECT SKIP_SYSCTL_SETUP BRIDGE IPTABLES_MODULES MODULES_DISABLED CONFIGFILE DEF_OSTEMPLATE IPV6 VZWDOG'.split(
    ' ',
  ),
);

/**
 * The guests of /etc/vz or /etc/vz/conf, by their NAME where they have one of their own, or by their number. What vz.conf says of
 * guests is said of each of them, before its own file.
 */
export function readOpenvz(files: readonly TreeFile[]): Source {
  const lost = new Set(
    files.flatMap(({ below, unread }) => (unread !== undefined && CONF.test(below) ? idOf(below) : [])),
  );
  const byId = Map.groupBy(
    files.filter((file) => !isOfAll(file)),
    ({ below }) => (lost.has(idOf(below)) ? undefined : idOf(below)),
  );
  const ofAll = files.filter(isOfAll).flatMap(itemsOf);
  const isOfHost = ({ key }: Item) => OF_HOST.has(key) || key === 'statement';
  const others = [...ofAll.filter(isOfHost), ...(byId.get(undefined) ?? []).map(wholeFile)];
  const usual = ofAll.filter((item) => !isOfHost(item));
  const read = [...byId].flatMap(([id, own]) =>
    id === undefined ? [] : [{ id, items: [...usual, ...own.flatMap(itemsOf)] }],
  );
  const names = read.map(({ id, items }) => nameOf(items) ?? id);
  const guests = read.map(({ id, items }, at): SourceGuest => {
    const name = names[at] ?? id;
    const isAnothers = read.some((other, place) => place !== at && (other.id === name || names[place] === name));
    return { name: isAnothers ? id : name, items };
  });
  return { guests, others };
}

/** What is worth reading: below /vz/private there are root file systems, too. */
export function isOfOpenvz(below: string, isFolder: boolean): boolean {
  return below.split('/').length <= (isFolder ? 1 : 2);
}

const CONF = /^(?:.*\/)?(?:([1-9]\d*|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.conf|([^/]+)\/ve\.conf)$/;
const SCRIPT = /^(?:.*\/)?([1-9]\d*)\.(?:(?:pre|post)?u?mount|start|stop)$/;

function isOfAll({ below, link, unread }: TreeFile): boolean {
  return below === 'vz.conf' && link === undefined && unread === undefined;
}

/** Number 0 is the host. */
function idOf(below: string): string | undefined {
  const [, number, folder] = CONF.exec(below) ?? [];
  return number ?? folder ?? SCRIPT.exec(below)?.[1];
}

function itemsOf(file: TreeFile): readonly Item[] {
  if (file.link !== undefined || file.unread !== undefined || SCRIPT.test(file.below)) return [wholeFile(file)];
  return readAssignments(file.text).flatMap((statement) => itemsOfStatement(file.path, statement));
}

function wholeFile({ path, below, text, link, unread }: TreeFile): Item {
  if (unread !== undefined) return { file: path, line: 1, key: below, value: '', unread };
  const lines = text.split('\n').filter((line) => line.trim() !== '').length;
  return { file: path, line: 1, key: below, value: link === undefined ? `a file of ${lines} lines` : `-> ${link}` };
}

function itemsOfStatement(file: string, statement: Statement): readonly Item[] {
  if ('text' in statement) return [{ file, line: statement.line, key: 'statement', value: statement.text }];
  const { line, name, value } = statement;
  const words = LISTS.has(name) ? value.split(/[\s,]+/).filter((word) => word !== '') : [];
  return (words.length > 0 ? words : [value]).map((word) => ({ file, line, key: name, value: word }));
}

function nameOf(items: readonly Item[]): string | undefined {
  const name = items.findLast(({ key }) => key === 'NAME')?.value;
  return name === undefined || guestNameProblem(name) !== undefined ? undefined : name;
}

import {
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type Complaint, type Parsed, type Path, type Position, type Spot, spotKey } from './parsed.ts';

type Say = (offset: number, says: string) => Complaint;

/** What is collected on the way through one document. */
interface Reading {
  readonly spots: Map<string, Spot>;
  readonly complaints: Complaint[];
  readonly say: Say;
}

/** A document's nodes as plain data. A key that cannot be used is left out and complained of; the rest is read on. */
export function readNode(node: ParsedNode | null, say: Say): Parsed {
  const reading: Reading = { spots: new Map(), complaints: [], say };
  const data = readValue(reading, node, [], undefined);
  return { data, spots: reading.spots, complaints: reading.complaints };
}

function readValue(reading: Reading, node: unknown, path: Path, key: Position | undefined): unknown {
  const source = isScalar(node) ? sourceOf(node) : undefined;
  const value = positionOf(reading, node, key);
  reading.spots.set(spotKey(path), { value, ...(key && { key }), ...(source !== undefined && { source }) });
  if (isMap(node)) return readMap(reading, node, path);
  if (isSeq(node)) return readList(reading, node, path);
  return isScalar(node) ? node.value : null;
}

function readList(reading: Reading, list: YAMLSeq, path: Path): unknown[] {
  return list.items.map((item, index) => readValue(reading, item, [...path, index], undefined));
}

function readMap(reading: Reading, map: YAMLMap, path: Path): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  const first = new Map<string, number>();
  for (const pair of map.items) {
    const name = keyName(pair);
    const why = keyRefusal(pair, name);
    const offset = offsetOf(pair.key);
    const before = first.get(name);
    if (why !== undefined) reading.complaints.push({ ...reading.say(offset, why), code: 'E_CONFIG_KEY' });
    else if (before !== undefined)
      reading.complaints.push({ ...reading.say(offset, twice(reading, name, before)), code: 'E_CONFIG_KEY' });
    else {
      first.set(name, offset);
      data[name] = readValue(reading, pair.value, [...path, name], positionOf(reading, pair.key, undefined));
    }
  }
  return data;
}

/** A key is text as it is written: 0660 and true are no number and no boolean here. */
function keyName(pair: Pair): string {
  if (!isScalar(pair.key)) return '';
  return typeof pair.key.value === 'string' ? pair.key.value : (pair.key.source ?? '');
}

function keyRefusal(pair: Pair, name: string): string | undefined {
  if (isMap(pair.key) || isSeq(pair.key)) return 'a list or a mapping cannot be a key; write text before the colon';
  if (name === '') return 'a key without a name; write one before the colon';
  if (name === '<<') return 'merging with << is not allowed; write the keys in full';
  if (name === '__proto__') return 'the key __proto__ is not allowed; leave it out';
  return undefined;
}

function twice(reading: Reading, name: string, firstOffset: number): string {
  const { line, column } = reading.say(firstOffset, '');
  return `the key ${JSON.stringify(name)} is here twice, first at ${line}:${column}; leave one of them out`;
}

function sourceOf(scalar: Scalar): string | undefined {
  return typeof scalar.value === 'string' ? undefined : (scalar.source ?? '');
}

function positionOf(reading: Reading, node: unknown, otherwise: Position | undefined): Position {
  const isEmpty = isScalar(node) && node.value === null && node.source === '';
  if (otherwise && (isEmpty || node === null)) return otherwise;
  const { line, column } = reading.say(offsetOf(node), '');
  return { line, column };
}

function offsetOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}

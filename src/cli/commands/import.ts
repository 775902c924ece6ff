import { problemText } from '../../config/problem-text.ts';
import { type Imported, importSource, type System } from '../../import/import.ts';
import type { Source, TreeFile } from '../../import/item.ts';
import { lxc } from '../../import/lxc/lxc.ts';
import { DEEPEST_INCLUDE, includedByLxc, isOfLxc, readLxc } from '../../import/lxc/read.ts';
import { openvz } from '../../import/openvz/openvz.ts';
import { isOfOpenvz, readOpenvz } from '../../import/openvz/read.ts';
import { reportLines, summary } from '../../import/report-text.ts';
import { LINK } from '../../import/verdict.ts';
import { readVserver } from '../../import/vserver/read.ts';
import { vserver } from '../../import/vserver/vserver.ts';
import { failures, type Refusal } from '../../model/failure.ts';
import type { ExitCode, Run } from '../command.ts';
import { counted } from '../counted.ts';
import { SYSTEMS } from '../import-command.ts';
import { readNamedTree, type Tree, type Wants } from '../read-tree.ts';
import type { Terminal } from '../terminal.ts';
import { writeNew } from '../write-new.ts';

interface Importable {
  readonly system: System;
  readonly read: (tree: Tree) => Source;
  /** What below the folder is worth a look. */
  readonly wants: Wants;
  /** What of it the files name besides. */
  readonly names?: (files: readonly TreeFile[]) => readonly string[];
}

const importables: Readonly<Record<(typeof SYSTEMS)[number], Importable>> = {
  openvz: { system: openvz, read: ({ files }) => readOpenvz(files), wants: isOfOpenvz },
  lxc: { system: lxc, read: ({ files, name }) => readLxc(files, name), wants: isOfLxc, names: includedByLxc },
  vserver: { system: vserver, read: ({ files, name }) => readVserver(files, name), wants: () => true },
};

export const importFrom: Run = async ({ args: [name = '', path = ''], options, terminal }) => {
  const system = SYSTEMS.find((one) => one === name);
  if (system === undefined) {
    const detail = `"${name}" is none of ${SYSTEMS.join(', ')}`;
    return terminal.fail({ code: 'E_USAGE', subject: 'import', detail });
  }
  const importable = importables[system];
  const { wants, names = () => [] } = importable;
  const tree = await readNamedTree(path, wants, names, DEEPEST_INCLUDE);
  if (tree.refusals.length > 0) return failAll(tree.refusals, terminal);
  for (const file of tree.inLatin1) terminal.say(`${file}: not UTF-8; Latin-1 is assumed`);
  const imported = importSource(importable.read(tree), importable.system);
  if (imported.files.length === 0) {
    return failAll([...notRead(tree), { code: 'E_SOURCE_EMPTY', subject: path, detail: name }], terminal);
  }
  const refusals = options.to === undefined ? [] : await writeNew(options.to, imported.files);
  if (refusals.length > 0) return failAll(refusals, terminal);
  show(imported, options.to, options.json ?? false, terminal);
  return options.to === undefined ? 0 : checked(options.to, terminal);
};

/** Why there is no guest: a folder of any other kind may have links, too. */
function notRead({ files }: Tree): readonly Refusal[] {
  const areLinks = files.every(({ link }) => link !== undefined);
  return files.flatMap(({ path, unread, link }): readonly Refusal[] => {
    const detail = unread ?? (areLinks && link !== undefined ? `-> ${link}: ${LINK}` : undefined);
    return detail === undefined ? [] : [{ code: 'E_SOURCE', subject: path, detail }];
  });
}

/** What was there already may name the same rules or policies. */
async function checked(folder: string, terminal: Terminal): Promise<ExitCode> {
  const { checkPaths } = await import('../../config/check.ts');
  const { problems } = await checkPaths([folder], {});
  for (const problem of problems) terminal.complain({ text: problemText(problem), colour: 'red' });
  return problems.length > 0 ? failures.E_CONFIG.exit : 0;
}

function failAll(refusals: readonly Refusal[], terminal: Terminal): ExitCode {
  for (const refusal of refusals) terminal.fail(refusal);
  const [first] = refusals;
  return first === undefined ? 0 : failures[first.code].exit;
}

function show(imported: Imported, folder: string | undefined, isJson: boolean, terminal: Terminal): void {
  const { files, lines, findings } = imported;
  if (isJson) terminal.json({ files: files.map(({ path, text }) => ({ path, text })), lines, findings });
  else {
    for (const { path, text } of folder === undefined ? files : []) {
      terminal.print(`==> ${path} <==`, ...text.trimEnd().split('\n'), '');
    }
    terminal.print(...reportLines(imported));
  }
  const written = folder === undefined ? 'nothing is written without --to' : `written to ${folder}`;
  terminal.say(`${counted(files.length, 'file')}, ${written}; ${counted(lines.length, 'value')}: ${summary(lines)}`);
}

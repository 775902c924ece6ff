import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A program that says and does what a script of the shell says; its line to the agent is descriptor 3. */
export interface ScriptedExecutor {
  readonly program: string;
  readonly folder: string;
  remove(): void;
}

export function scriptedExecutor(...lines: readonly string[]): ScriptedExecutor {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-script-'));
  const program = join(folder, 'executor');
  writeFileSync(program, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(program, 0o755);
  return { program, folder, remove: () => rmSync(folder, { recursive: true }) };
}

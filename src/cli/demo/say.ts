/** One line of the demo's story. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function step(title: string): void {
  say(`\n== ${title}`);
}

/** What was typed and what came of it, as a terminal shows it. */
export function show(command: string, output: string): void {
  say(`   ${command}`);
  for (const line of output.trimEnd().split('\n')) say(line === '' ? '' : `     ${line}`);
}

import type { Command, ExitCode } from './command.ts';
import { commands } from './commands.ts';
import type { Options } from './options.ts';
import { parseCommandLine } from './parse.ts';
import { type Screen, type Terminal, terminal, wantsColour } from './terminal.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<ExitCode> {
  const parsed = parseCommandLine(argv, commands);
  const options = parsed.ok ? parsed.options : {};
  const screen = terminal(watched(process.stdout, options), watched(process.stderr, options), options.quiet ?? false);
  if (!parsed.ok) return screen.fail(parsed.refusal);
  const { command, args } = parsed;
  mindTheReader(command, screen);
  if (options.help) {
    const { commandHelp } = await import('./help.ts');
    screen.print(...commandHelp(command));
    return 0;
  }
  const run = await command.load();
  return run({ commands, args, options, terminal: screen });
}

function watched(stream: NodeJS.WriteStream, options: Options): Screen {
  const colour = wantsColour(stream.isTTY, process.env, options['no-color'] ?? false);
  return { stream, colour, height: () => (stream.isTTY ? stream.rows : undefined) };
}

/**
 * `hostler list | head -1` is no failure, a full disk is. What changes something goes on to its end and its exit code when
 * nobody reads any more, and what runs for its own sake runs on, whoever reads.
 */
function mindTheReader(command: Command, screen: Terminal): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (command.group === 'run') return;
    if (error.code !== 'EPIPE')
      process.exit(screen.fail({ code: 'E_OUTPUT', subject: 'standard output', detail: error.message }));
    if (command.group !== 'change') process.exit(0);
  });
}

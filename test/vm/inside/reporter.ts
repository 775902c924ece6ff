import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { idOf, outcomeLine } from '../outcome.ts';

/** Tells each test's outcome in a line of its own as soon as it is known. */
export default class LineReporter implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const { state, errors } = test.result();
    if (state === 'pending') return;
    const text = (errors ?? []).map(({ message, stack, diff }) => [message, diff, stack].filter(Boolean).join('\n'));
    process.stdout.write(outcomeLine({ id: idOf(fileOf(test.module), test.fullName), state, text: text.join('\n\n') }));
  }

  // A file that cannot be loaded, or whose set-up fails, has no outcomes of its own.
  onTestModuleEnd(module: TestModule): void {
    for (const { message, stack } of module.errors()) process.stdout.write(`${fileOf(module)}: ${message}\n${stack}\n`);
    for (const suite of module.children.allSuites())
      for (const { message, stack } of suite.errors())
        process.stdout.write(`${suite.fullName}: ${message}\n${stack}\n`);
  }
}

function fileOf({ moduleId }: TestModule): string {
  return relative(process.cwd(), moduleId);
}

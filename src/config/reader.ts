import { flushCompileCache } from 'node:module';
import process from 'node:process';
import type { Answers, Message, Question } from './ask-reader.ts';
import { checkFound } from './check-paths.ts';
import { loadFolder } from './load-folder.ts';

// One question, one answer; then whoever asked ends this process.
process.once('message', async (question: Question) => {
  const found = await answer(question);
  flushCompileCache(); // whoever asked ends this process with the answer: what it compiled is kept for the next
  send({ answer: found });
});

function answer({ verb, paths, context }: Question): Promise<Answers[keyof Answers]> {
  const takeUp = (file: string) => send({ takesUp: file });
  return verb === 'load' ? loadFolder(paths[0] ?? '', context, takeUp) : checkFound(paths, context, takeUp);
}

function send(message: Message): void {
  process.send?.(message);
}

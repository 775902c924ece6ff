import type { Answer } from './executor.ts';

/** The values of all answers in their order, or the first failure among them. */
export function allAnswers<T>(answers: readonly Answer<T>[]): Answer<readonly T[]> {
  const values: T[] = [];
  for (const answer of answers) {
    if (!answer.ok) return answer;
    values.push(answer.value);
  }
  return { ok: true, value: values };
}

import { printable } from '../model/printable.ts';

/** A piece of a page in which every text is escaped that was put in. */
export interface Html {
  readonly text: string;
}

type Part = Html | string | number | readonly Html[];

/** What stands in the template is markup, what is put in is text, unless it is markup itself. */
export function html(markup: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { text: markup.map((piece, at) => `${piece}${textOf(parts[at] ?? '')}`).join('') };
}

function textOf(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
  return 'text' in part ? part.text : part.map(({ text }) => text).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** In a text or between quotes. Nothing of it is seen as something else either, such as an override of the direction. */
function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

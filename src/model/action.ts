import type { News } from './news.ts';
import type { Ownership } from './node.ts';
import type { Access, NumberText } from './number.ts';

/**
 * One thing to do in one guest: exactly one verb of the executor. Paths are absolute inside the guest, owners are the
 * guest's numbers.
 */
export type Action =
  | { readonly verb: 'confine' }
  | { readonly verb: 'adopt-program'; readonly allowed: readonly Grant[] }
  /** The same, but somebody's program that nobody can read stays, also where it is alone. */
  | { readonly verb: 'join-program'; readonly allowed: readonly Grant[] }
  | { readonly verb: 'grant'; readonly number: NumberText; readonly access: Access; readonly diskseq?: string }
  | { readonly verb: 'revoke'; readonly number: NumberText; readonly access: Access }
  | { readonly verb: 'make-folder'; readonly path: string }
  | { readonly verb: 'remove-folder'; readonly path: string }
  | {
      readonly verb: 'make-node';
      readonly path: string;
      readonly number: NumberText;
      readonly ownership: Ownership;
      readonly diskseq?: string;
    }
  | { readonly verb: 'set-node'; readonly path: string; readonly number: NumberText; readonly ownership: Ownership }
  | { readonly verb: 'remove-node'; readonly path: string; readonly number: NumberText }
  | { readonly verb: 'make-link'; readonly path: string; readonly target: string }
  | { readonly verb: 'remove-link'; readonly path: string; readonly target: string }
  /** What a libudev inside looks for before it listens. */
  | { readonly verb: 'let-listen' }
  | {
      readonly verb: 'tell';
      readonly event: 'add' | 'change' | 'remove';
      readonly number: NumberText;
      readonly news: News;
    }
  | {
      readonly verb: 'signal';
      readonly pid: number;
      readonly startTime: string;
      readonly signal: 'TERM' | 'KILL';
      /** For people: what the process runs. */
      readonly command: string;
    };

export interface Grant {
  readonly number: NumberText | `${'a' | 'b' | 'c'}:${string}`;
  readonly access: Access;
  /** Only while the number is this disk's: its content was what a rule wanted. */
  readonly diskseq?: string;
}

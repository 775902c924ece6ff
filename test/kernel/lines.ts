export interface Line {
  readonly plan: number;
  readonly step: number;
}

/** Sorts the executor's lines to who waits for them. */
export class Lines {
  readonly events: string[] = [];
  private readonly done = new Map<string, readonly string[]>();
  private readonly rows = new Map<string, string[]>();
  private readonly waiting = new Map<string, (lines: readonly string[]) => void>();
  private readonly listening = new Set<(line: string) => void>();
  private step = 0;

  /** The first of so many fresh steps. */
  next(count: number): number {
    this.step += count;
    return this.step - count + 1;
  }

  answer({ plan, step }: Line): Promise<readonly string[]> {
    const id = `${plan}.${step}`;
    return new Promise((resolve) => {
      const lines = this.done.get(id);
      if (lines === undefined) this.waiting.set(id, resolve);
      else resolve(lines);
      this.done.delete(id);
    });
  }

  /** The first that matches, from the beginning on. */
  event(pattern: RegExp): Promise<string> {
    const known = this.events.find((line) => pattern.test(line));
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      const listener = (line: string): void => {
        if (!pattern.test(line)) return;
        this.listening.delete(listener);
        resolve(line);
      };
      this.listening.add(listener);
    });
  }

  take(line: string): void {
    const [id = '', kind, ...words] = line.split(' ');
    if (id === 'event') this.takeEvent([kind, ...words].join(' '));
    else this.takeAnswer(id, [kind, ...words].join(' '), kind === 'row');
  }

  private takeEvent(line: string): void {
    this.events.push(line);
    for (const listener of this.listening) listener(line);
  }

  private takeAnswer(id: string, line: string, more: boolean): void {
    const lines = [...(this.rows.get(id) ?? []), line];
    if (more) {
      this.rows.set(id, lines);
      return;
    }
    this.rows.delete(id);
    const waiter = this.waiting.get(id);
    this.waiting.delete(id);
    if (waiter === undefined) this.done.set(id, lines);
    else waiter(lines);
  }
}

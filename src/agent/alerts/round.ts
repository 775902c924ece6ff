import type { AlertMessage } from '../../model/alert-message.ts';

/** What goes on, told again to a sink that forgets: as many at a time as it takes, until each had its turn. */
export class Round {
  #left: readonly AlertMessage[] = [];

  /** One that is not at its end goes on: whoever comes last has a turn too, however slow the sink is. */
  begin(open: readonly AlertMessage[]): void {
    if (this.#left.length === 0) this.#left = open;
  }

  take(most: number): readonly AlertMessage[] {
    const taken = this.#left.slice(0, most);
    this.#left = this.#left.slice(most);
    return taken;
  }

  /** Of this alert there is something newer to tell: what it was before would come after that. */
  leaveOut({ labels: { alertname, guest, resource } }: AlertMessage): void {
    if (this.#left.length === 0) return;
    this.#left = this.#left.filter(
      ({ labels }) => labels.guest !== guest || labels.resource !== resource || labels.alertname !== alertname,
    );
  }
}

/** What systemd-nspawn exits with when the machine reboots. */
const NSPAWN_REBOOTS = 133;
/** systemd starts a unit again a moment after its end, if it does. */
const RESTARTS_MS = 2000;
/** It will, and first whatever else the unit waits for, such as modules. */
const REBOOTS_MS = 90_000;
/** A host that is busy says it late; and of some units nobody does. */
const UNTOLD_MS = 10_000;

/** How what ran guests has ended, by unit, until the next start in it. */
export class UnitExits {
  readonly #exits = new Map<string, number | undefined>();
  /** Of the last start in each, whether it was that of a machine that had rebooted; undefined: nobody has said so far. */
  readonly #reboots = new Map<string, boolean | undefined>();

  /** Absent status: by a signal. */
  note(unit: string, status: number | undefined): void {
    this.#exits.set(unit, status);
    // A host that is busy says it when the next start is there.
    if (this.hasComeByReboot(unit) === undefined) this.#reboots.set(unit, status === NSPAWN_REBOOTS);
  }

  /** The next start in them is there. */
  begun(units: readonly string[]): void {
    for (const unit of units) {
      this.#reboots.set(unit, this.hasRebooted([unit]));
      this.#exits.delete(unit);
    }
  }

  /** Whether what runs in it now was started since its machine had rebooted, and not by somebody; undefined: that may still be said. */
  hasComeByReboot(unit: string): boolean | undefined {
    return this.#reboots.get(unit);
  }

  /** Undefined: nobody has said how any of them has ended. */
  hasRebooted(units: readonly string[]): boolean | undefined {
    const unit = units.find((one) => this.#exits.has(one));
    return unit === undefined ? undefined : this.#exits.get(unit) === NSPAWN_REBOOTS;
  }

  /** How long after its end what ran in them may be started again by systemd. */
  restartMs(units: readonly string[]): number {
    const hasRebooted = this.hasRebooted(units);
    if (hasRebooted === undefined) return UNTOLD_MS;
    return hasRebooted ? REBOOTS_MS : RESTARTS_MS;
  }
}

import type { VirtualClock } from "../clock.js";

interface Armed {
  readonly dueNs: number;
  readonly act: () => void;
}

/** The timers of a scenario, on the clock of the guest that lives now. */
export class ScenarioTimers {
  #clock: VirtualClock;
  /** In the order in which they were set. */
  readonly #armed = new Set<Armed>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  set(dueNs: number, act: () => void): void {
    this.#arm({ dueNs, act });
  }

  /** Takes all that has not fired to the clock of the guest that goes on. */
  moveTo(clock: VirtualClock): void {
    this.#clock = clock;
    const left = [...this.#armed];
    this.#armed.clear();
    for (const armed of left) this.#arm(armed);
  }

  #arm(armed: Armed): void {
    this.#armed.add(armed);
    const clock = this.#clock;
    clock.setTimer(armed.dueNs, () => {
      if (clock !== this.#clock) return;
      this.#armed.delete(armed);
      armed.act();
    });
  }
}

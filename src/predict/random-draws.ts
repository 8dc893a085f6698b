import { SeededRandom } from "../seeded-random.js";

/** Draws from distributions: the same for the same seed, on every machine. */
export class RandomDraws {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  /** Between 0 and 1, both left out. */
  uniform(): number {
    return (this.#random.next() + 0.5) / 2 ** 32;
  }

  /** 0 to `count` - 1 in any order. */
  shuffled(count: number): number[] {
    const order = Array.from({ length: count }, (_, at) => at);
    for (let at = count - 1; at > 0; at--) {
      const other = Math.floor(this.uniform() * (at + 1));
      [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
    }
    return order;
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Above 0, of mean and variance `shape`. */
  gamma(shape: number): number {
    return Math.exp(this.#logGamma(shape));
  }

  /** A share: of mean a / (a + b), the more spread the smaller a + b. */
  beta(a: number, b: number): number {
    const [first, second] = [this.#logGamma(a), this.#logGamma(b)];
    return 1 / (1 + Math.exp(second - first));
  }

  /**
   * Logarithm of a gamma variate (Marsaglia and Tsang 2000): those of small shapes are too small
   * for a number.
   */
  #logGamma(shape: number): number {
    if (shape < 1) return this.#logGamma(shape + 1) + Math.log(this.uniform()) / shape;
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v <= 0) continue;
      if (Math.log(this.uniform()) < x * x * 0.5 + d * (1 - v + Math.log(v))) {
        return Math.log(d * v);
      }
    }
  }
}

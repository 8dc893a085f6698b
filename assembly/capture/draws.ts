// Random numbers for a sample of a guest: equal seeds, equal guests (xorshift32).

let state: u32 = 1;

/**
 * Mixes the bits of the seed (the finalizer of MurmurHash3): the first numbers of the generator are
 * small where its state is, and samples have the seeds 1, 2, 3.
 *
 * @param seed - not 0; then no state is.
 */
export function seedDraws(seed: u32): void {
  state = seed ^ (seed >> 16);
  state *= 0x85ebca6b;
  state ^= state >> 13;
  state *= 0xc2b2ae35;
  state ^= state >> 16;
}

export function draw(): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

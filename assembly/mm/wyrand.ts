// WyRand (Wang Yi), the generator of the nanorand library: 64 bits of state, in memory of the
// caller.

/** High half of a 128-bit product. */
function multiplyHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  const other = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (other >> 32);
}

/** The next number below `limit`; the state is the u64 at `state`. */
export function wyrandBelow(state: usize, limit: u64): u64 {
  const seed = load<u64>(state) + 0xa0761d6478bd642f;
  store<u64>(state, seed);
  const other = seed ^ 0xe7037ed1a0b428db;
  return multiplyHigh(multiplyHigh(seed, other) ^ (seed * other), limit);
}

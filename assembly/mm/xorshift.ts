// xorshift32 (Marsaglia, "Xorshift RNGs", 2003). The state is the caller's, and the next number its
// next state; never 0.

export function xorshift32(state: u32): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

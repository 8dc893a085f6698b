import { useEffect, useRef, useState } from "preact/hooks";

/** Milliseconds between two changes that are passed on. */
const EVERY_MS = 200;

/** A value that changes fast, passed on now and then, and its last one always. */
export function useThrottled<T>(value: T): T {
  const [passed, setPassed] = useState(value);
  const lastMs = useRef(-Infinity);
  useEffect(() => {
    const pass = (): void => {
      lastMs.current = performance.now();
      setPassed(() => value);
    };
    const waitMs = lastMs.current + EVERY_MS - performance.now();
    if (waitMs <= 0) {
      pass();
      return undefined;
    }
    const timer = setTimeout(pass, waitMs);
    return () => {
      clearTimeout(timer);
    };
  }, [value]);
  return passed;
}

import { useEffect, useRef } from "preact/hooks";

/**
 * Calls back for each frame of the screen while something moves.
 *
 * @param onFrame - Gets the milliseconds since the frame before and whether this is the first one;
 *   says whether there is to be another.
 */
export function useFrames(
  isMoving: boolean,
  onFrame: (elapsedMs: number, isFirst: boolean) => boolean,
): void {
  const latest = useRef(onFrame);
  latest.current = onFrame;
  useEffect(() => {
    if (!isMoving) return undefined;
    let handle = 0;
    let before = performance.now();
    let isFirst = true;
    const step = (now: number): void => {
      const goesOn = latest.current(now - before, isFirst);
      before = now;
      isFirst = false;
      if (goesOn) handle = requestAnimationFrame(step);
    };
    handle = requestAnimationFrame(step);
    return () => {
      cancelAnimationFrame(handle);
    };
  }, [isMoving]);
}

import type { Prediction, PredictedMemoryBlock } from "../predict/prediction.js";

/** The unit that Linux adds and removes: a memory block, or a device block where that is larger. */
export function rowSizeOf(prediction: Prediction): number {
  return Math.max(prediction.memoryBlockSize, prediction.deviceBlockSize);
}

/** What the subblocks of {@link rowSizeOf} are called. */
export function rowNoun(prediction: Prediction): string {
  return isBigBlock(prediction) ? "big block" : "memory block";
}

export function isBigBlock(prediction: Prediction): boolean {
  return prediction.deviceBlockSize > prediction.memoryBlockSize;
}

/** Offset of the first row from the region start; negative where the region starts inside a row. */
export function firstRowOffset(prediction: Prediction): number {
  const misfit = prediction.regionStart % rowSizeOf(prediction);
  return misfit === 0 ? 0 : -misfit;
}

/** Rows up to `end`, an offset from the region start. */
export function nrRows(prediction: Prediction, end: number): number {
  return Math.ceil((end - firstRowOffset(prediction)) / rowSizeOf(prediction));
}

/** Number of the row's first memory block, as sysfs counts them. */
export function memoryBlockIdOf(prediction: Prediction, row: number): number {
  const start = prediction.regionStart + firstRowOffset(prediction) + row * rowSizeOf(prediction);
  return Math.floor(start / prediction.memoryBlockSize);
}

/** The driver's memory blocks by the row they lie in; the first one stands for a big block. */
export function memoryBlocksByRow(prediction: Prediction): Map<number, PredictedMemoryBlock> {
  const rowSize = rowSizeOf(prediction);
  const first = firstRowOffset(prediction);
  const byRow = new Map<number, PredictedMemoryBlock>();
  for (const block of prediction.memoryBlocks) {
    const row = Math.floor((block.offset - first) / rowSize);
    if (!byRow.has(row)) byRow.set(row, block);
  }
  return byRow;
}

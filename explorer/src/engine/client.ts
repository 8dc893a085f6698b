import type {
  CallName,
  Calls,
  Failure,
  FromWorker,
  LiveFrame,
  NamedFile,
  Opened,
  ToWorker,
} from "./protocol.js";

/** A call that failed; its words are for the person at the page. */
export class CallError extends Error {
  readonly kind: Failure["kind"];

  constructor({ words, kind }: Failure) {
    super(words);
    this.kind = kind;
  }
}

interface Waiting {
  readonly resolve: (output: never) => void;
  readonly reject: (error: CallError) => void;
  readonly onProgress: ((share: number) => void) | undefined;
  readonly onFrame: ((frame: LiveFrame) => void) | undefined;
}

export interface CallOptions {
  readonly onProgress?: (share: number) => void;
  /** Now and then while a run goes on. */
  readonly onFrame?: (frame: LiveFrame) => void;
  readonly signal?: AbortSignal;
}

/** A worker that is asked to stop has so long, in milliseconds; then another takes its place. */
const PATIENCE = 400;

const STOPPED: Failure = { words: "stopped", kind: "stopped" };

/** The engine in a worker. Where it does not stop when asked, it is replaced. */
export class Engine {
  #worker: Worker | undefined;
  #nextId = 1;
  readonly #waiting = new Map<number, Waiting>();
  /** What a new worker has to open before it is asked anything. */
  #opened: Calls["open"]["in"] | undefined;

  async open(name: string, files: readonly NamedFile[], folder?: string): Promise<Opened> {
    const input = { name, files, ...(folder === undefined ? {} : { folder }) };
    const opened = await this.call("open", input);
    this.#opened = opened.kind === "capture" ? input : undefined;
    return opened;
  }

  async call<N extends CallName>(
    call: N,
    input: Calls[N]["in"],
    { onProgress, onFrame, signal }: CallOptions = {},
  ): Promise<Calls[N]["out"]> {
    if (signal?.aborted === true) throw new CallError(STOPPED);
    const worker = this.#worker ?? this.#start();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress, onFrame });
      signal?.addEventListener("abort", () => {
        this.#abort(id);
      });
      worker.postMessage({ call, id, input } satisfies ToWorker);
    });
  }

  /** Ends the worker; what was asked of it is not answered. */
  end(): void {
    this.#replace(STOPPED);
  }

  #start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
      this.#hear(data);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#replace({
        words: `the engine has ended: ${event.message || "the tab has no memory left"}`,
        kind: "memory",
      });
    });
    this.#worker = worker;
    if (this.#opened !== undefined) void this.call("open", this.#opened).catch(() => undefined);
    return worker;
  }

  #hear(data: FromWorker): void {
    const waiting = this.#waiting.get(data.id);
    if (waiting === undefined) return;
    if ("progress" in data) {
      waiting.onProgress?.(data.progress);
      return;
    }
    if ("frame" in data) {
      waiting.onFrame?.(data.frame);
      return;
    }
    this.#waiting.delete(data.id);
    if ("failure" in data) waiting.reject(new CallError(data.failure));
    else waiting.resolve(data.output as never);
  }

  #abort(id: number): void {
    if (!this.#waiting.has(id)) return;
    this.#worker?.postMessage({ abort: id } satisfies ToWorker);
    setTimeout(() => {
      if (this.#waiting.has(id)) this.#replace(STOPPED);
    }, PATIENCE);
  }

  #replace(failure: Failure): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new CallError(failure));
  }
}

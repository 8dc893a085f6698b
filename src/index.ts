export { loadCore, loadCoreSync } from "./core/load.js";
export type { Core, CoreSource } from "./core/load.js";

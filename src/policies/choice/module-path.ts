/** Does a policy's name stand for a file: `./mine.ts`, `/policies/mine.mjs`, `mine.js`? */
export function isModulePath(name: string): boolean {
  return /^\.{0,2}\//.test(name) || /\.[cm]?[jt]s$/.test(name);
}

/** The captured web server of the examples; see scripts/build/explorer.ts. */
declare module "virtual:web-server" {
  export const base64: string;
}

// Parts of the page that its first view does without. All of them are fetched as soon as that view
// stands, so that nothing is left to request afterwards.

export const later = {
  scenario: () => import("./views/scenario-view.js"),
  editor: () => import("./editor/editor.js"),
  webServer: () => import("virtual:web-server"),
};

/** Resolves when the page needs nothing more of where it came from. */
export async function fetchAll(): Promise<void> {
  await Promise.all([later.scenario(), later.editor(), later.webServer()]);
}

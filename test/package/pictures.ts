import type { Page } from "playwright-core";

/** The share of pixels of two PNG pictures that differ, 0 to 1; 1 where their sizes do. */
export async function differenceOf(page: Page, one: Buffer, other: Buffer): Promise<number> {
  const urls = [one, other].map((png) => `data:image/png;base64,${png.toString("base64")}`);
  return page.evaluate(async (sources) => {
    const drawn = await Promise.all(
      sources.map(async (source) => {
        const image = new Image();
        image.src = source;
        await image.decode();
        const canvas = document.createElement("canvas");
        canvas.width = image.naturalWidth;
        canvas.height = image.naturalHeight;
        const context = canvas.getContext("2d");
        context?.drawImage(image, 0, 0);
        return context?.getImageData(0, 0, canvas.width, canvas.height);
      }),
    );
    const [a, b] = drawn;
    if (a === undefined || b === undefined) return 1;
    if (a.width !== b.width || Math.abs(a.height - b.height) > 2) return 1;
    // so much of a channel is no other colour
    const slight = 40;
    const length = Math.min(a.data.length, b.data.length);
    let differing = 0;
    for (let at = 0; at < length; at += 4) {
      const isOther = [0, 1, 2].some(
        (channel) => Math.abs((a.data[at + channel] ?? 0) - (b.data[at + channel] ?? 0)) > slight,
      );
      if (isOther) differing++;
    }
    return (4 * differing) / length;
  }, urls);
}

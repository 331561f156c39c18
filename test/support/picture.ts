import type { Browser } from 'playwright-core';

export interface SeenPicture {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly colours: number;
  /** Share of the pixels that are not of the commonest colour, in [0, 1]: 0 for an empty picture. */
  readonly painted: number;
}

/** A picture as a browser decodes and draws it. Rejects what is none. */
export async function lookAt(
  browser: Browser,
  data: Buffer,
  type: 'image/png' | 'image/svg+xml',
): Promise<SeenPicture> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    return await page.evaluate<SeenPicture>(`(async () => {
      const image = new Image();
      image.src = 'data:${type};base64,${data.toString('base64')}';
      await image.decode();
      const canvas = document.createElement('canvas');
      const { width, height } = Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
      const counts = new Map();
      for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
      const painted = 1 - Math.max(...counts.values()) / pixels.length;
      return { width, height, colours: counts.size, painted };
    })()`);
  } finally {
    await context.close();
  }
}

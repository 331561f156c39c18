/** Messages of the calibration panel's Export and Copy: the page supplies pictures, the host everything else. */
import * as z from 'zod';

/** A picture that the page shows. */
export const pictureSchema = z.object({
  /** Made of letters, digits and hyphens. */
  id: z.string().regex(/^[\w-]+$/),
  title: z.string(),
});
export type Picture = z.infer<typeof pictureSchema>;

export const copyParamsSchema = z.object({
  /** The part of the breakdown that the main diagram is of; null for all rows. */
  part: z.string().nullable(),
});
export const exportParamsSchema = copyParamsSchema.extend({ pictures: z.array(pictureSchema) });

export const pictureParamsSchema = z.object({ id: z.string(), format: z.enum(['svg', 'png']) });
export type PictureParams = z.infer<typeof pictureParamsSchema>;

/** An SVG document, or a PNG in base64; null if the page no longer shows the picture. */
export const pictureDataSchema = z.string().nullable();

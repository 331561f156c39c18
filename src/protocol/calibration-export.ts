/** Messages of the calibration panel's Export and Copy: what is drawn comes from the page, all else from the host. */
import * as z from 'zod';
import { decideParamsSchema } from './calibration-decisions';
import { panelSettingsSchema } from './calibration-page';

/** A picture that the page shows. */
const pictureSchema = z.object({
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

/** An SVG document, or a PNG in base64; null where the page does not show the picture any more. */
export const pictureDataSchema = z.string().nullable();

export const EXPORT_METHODS = {
  /** Notification of {pictures, part}, page -> host: the person wants a file. */
  export: 'calibration/export',
  /** Notification of {part}, page -> host: the person wants a text on the clipboard. */
  copy: 'calibration/copy',
  /** Request with PictureParams, host -> page; answers the data. */
  picture: 'calibration/picture',
} as const;

/** What `evaluate --json` prints, as the worker hands it over: nobody but its reader looks into it. */
export const reportSchema = z.record(z.string(), z.unknown());
export type Report = z.infer<typeof reportSchema>;

/** How the panel computes, and what it asks. */
export const reportParamsSchema = z.object({ settings: panelSettingsSchema, decide: decideParamsSchema });
export type ReportParams = z.infer<typeof reportParamsSchema>;

/** Request of the host with ReportParams to the worker; answers the Report. */
export const WORKER_REPORT = 'worker/report';

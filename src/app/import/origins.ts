/** Every origin of predictions that is read. A file is of the first one that recognises its records. */
import { BATCH } from './batch';
import { COLUMNS } from './columns';
import { HARNESS } from './harness';
import type { Origin } from './origin';
import { PIPELINE } from './pipeline';
import { PROMPTFOO } from './promptfoo';

export const ORIGINS: readonly Origin[] = [HARNESS, PROMPTFOO, BATCH, PIPELINE, COLUMNS];

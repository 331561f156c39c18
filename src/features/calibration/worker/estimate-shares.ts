/** What labels of people tell about the whole table. Runs in the worker. */
import path from 'node:path';
import { estimateFrom } from '../../../app/labels/estimate-table';
import { findLabels } from '../../../app/labels/find-labels';
import { UserError } from '../../../core/user-error';
import type { FoundShares } from '../../../protocol/calibration-shares';
import { columnOptions } from '../../../protocol/calibration-page';
import type { TableInPanel } from './load';

/** @throws UserError everything of `findLabels` */
export async function sharesForPage({ file, options, labels }: TableInPanel): Promise<FoundShares> {
  if (labels === null) return null;
  const columns = columnOptions(options);
  const found = await findLabels(file, labels, columns);
  if (found === undefined) return null;
  const name = path.basename(found);
  try {
    const report = await estimateFrom({
      ...{ table: file, columns, labelsFrom: found, drawnAtRandom: false, seed: 0, slices: [] },
    });
    return {
      file: name,
      report: {
        ...report,
        warnings: [...report.warnings],
        shares: [...report.shares],
        people: [...report.people],
        confusion: report.confusion?.map((row) => [...row]) ?? null,
      },
      error: null,
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { file: name, report: null, error: { code: error.code, message: error.message } };
  }
}

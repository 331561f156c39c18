import type { TableInPanel } from '../../src/features/calibration/worker/load';
import { AS_FOUND, type TableOptions } from '../../src/protocol/calibration-page';

/** A table as a panel without labels of people reads it. */
export function inPanel(file: string, options: TableOptions = AS_FOUND): TableInPanel {
  return { file, options, labels: null };
}

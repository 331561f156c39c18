/** Estimates the time or cost of scoring a table, and asks for the person's agreement. */
import path from 'node:path';
import type { ScoreChoice } from '../../app/jobs/scoring';
import { MANY_REQUESTS } from '../../app/many-requests';
import { type Forecast, forecast } from '../../app/score-table';
import { sendsTexts } from '../../core/classifier/source-name';
import { estimateInWords } from '../../core/words/estimate';
import { formatTimeLeft } from '../../core/words/quantities';
import type { TableFile } from '../../store/tables/inspect';
import { countRows } from '../../store/tables/rows';
import { exists } from '../../store/exists';
import type { Services } from '../../editor/services';

/** Number of rows from which the person is asked: scoring takes time on this machine, and may cost money elsewhere. */
const MANY_ROWS = 1000;
const MANY_ROWS_ELSEWHERE = 20;

/** Whether the person agrees to score a table, knowing the estimate. A small table that is cheap needs no agreement. */
export async function isAgreed(services: Services, table: TableFile, choice: ScoreChoice): Promise<boolean> {
  const { classifier } = await services.classifiers.find(choice.classifier);
  const rows = await countRows(table);
  const isElsewhere = sendsTexts(classifier.source);
  const isSmall = rows < (isElsewhere ? MANY_ROWS_ELSEWHERE : MANY_ROWS);
  if ((isSmall && !isElsewhere) || (await exists(choice.out))) return true;
  const order = { classifier, table, rows, textColumn: choice.textColumn };
  const taken = await services.work.run('Measuring how long it takes', ({ signal }) =>
    forecast(services.sources, order, signal),
  );
  const isCheap = taken.kind === 'estimated' && taken.estimate.requests <= MANY_REQUESTS;
  if (isSmall && isCheap) return true;
  const answer = await services.dialogs.confirm(
    `Score ${rows.toLocaleString('en-US')} rows of ${path.basename(table.file)}?`,
    `${inWords(taken)} You can pause it at any time and resume it later, also after a reload.`,
    ['Score'],
  );
  return answer === 'Score';
}

function inWords(taken: Forecast): string {
  return taken.kind === 'measured'
    ? `Judging by its first rows, this takes about ${formatTimeLeft(taken.seconds)}.`
    : `The texts are sent to ${taken.sendsTextsTo}: ${estimateInWords(taken.estimate)}.`;
}

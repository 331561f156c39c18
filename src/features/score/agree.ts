/** What scoring a table will take, and whether the person wants that. */
import path from 'node:path';
import type { Classifier } from '../../core/classifier/definition';
import { estimateRun, requestsPerText, usualBytes } from '../../core/scoring/estimate';
import { formatTimeLeft } from '../../core/words/quantities';
import { timed } from '../../sources/timed';
import type { TableFile } from '../../store/tables/inspect';
import { countRows, firstTexts } from '../../store/tables/rows';
import { exists } from '../../store/tables/scored-file';
import type { Services } from '../../workspace/services';
import { rowSource } from './row-source';
import type { ScoreOrder } from './score-runs';
import { estimateInWords } from '../../core/words/estimate';

/** From so many rows on it is asked first: on this machine, where it takes time, and elsewhere, where it may cost. */
const MANY_ROWS = 1000;
const MANY_ROWS_ELSEWHERE = 20;

/** Whether a table shall be scored, for a person who was told what that takes; a small one is not asked about. */
export async function isAgreed(services: Services, source: TableFile, order: ScoreOrder): Promise<boolean> {
  const classifier = await services.classifiers.get(order.classifier);
  const rows = await countRows(source);
  const many = classifier.source.kind === 'engine' ? MANY_ROWS : MANY_ROWS_ELSEWHERE;
  if (rows < many || (await exists(order.out))) return true;
  const texts = await firstTexts(source, order.textColumn);
  const answer = await services.prompts.confirm(
    `Score ${rows.toLocaleString('en-US')} rows of ${path.basename(source.file)}?`,
    `${await whatItTakes(services, classifier, rows, texts)} It can be paused at any time, and goes on after a reload.`,
    ['Score'],
  );
  return answer === 'Score';
}

/** In a sentence. On this machine it is measured on the first texts; elsewhere that would send them already. */
async function whatItTakes(
  services: Services,
  classifier: Classifier,
  rows: number,
  texts: readonly string[],
): Promise<string> {
  const { source } = classifier;
  switch (source.kind) {
    case 'engine': {
      const seconds = await measured(services, classifier, texts);
      return `By its first rows this takes about ${formatTimeLeft((seconds / Math.max(1, texts.length)) * rows)}.`;
    }
    case 'endpoint': {
      const from = services.endpoints.source(source.name);
      const plan = from.plan(classifier, rows, usualBytes(texts));
      return `The texts are sent to ${from.endpoint.model} at ${from.endpoint.address}: ${estimateInWords(estimateRun(plan))}.`;
    }
    case 'editor': {
      const requests = (rows * requestsPerText(classifier, 1)).toLocaleString('en-US');
      const model = source.model === null ? 'a language model' : `the language model ${source.model}`;
      return `The texts are sent to ${model} of the editor: ${requests} requests, which count towards its limits.`;
    }
  }
}

/** Seconds that some texts take. */
async function measured(
  services: Services,
  classifier: Classifier,
  texts: readonly string[],
): Promise<number> {
  return services.work.run('Measuring how long it takes', async ({ signal }) => {
    const { ask } = await rowSource(services, classifier, signal);
    // The first request also loads what is not loaded yet.
    await ask(texts.slice(0, 1), classifier.method);
    const [, seconds] = await timed(() => ask(texts, classifier.method));
    return seconds;
  });
}

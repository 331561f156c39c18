/** Where the scores of a table's rows come from, in the editor: the same way as a selection's. */
import type { Classifier } from '../../core/classifier/definition';
import { type ScoredTexts, scoreTexts } from '../../sources/score-texts';
import type { RunParts } from '../../store/tables/score-run';
import type { Services } from '../../workspace/services';

export interface RowSource extends Pick<RunParts, 'model' | 'backend' | 'devices' | 'versions'> {
  readonly ask: (texts: readonly string[]) => Promise<ScoredTexts>;
}

/** @throws UserError as Scoring.withSource does */
export async function rowSource(
  { scoring }: Services,
  classifier: Classifier,
  signal: AbortSignal,
): Promise<RowSource> {
  const { model, backend } = await scoring.withSource(classifier, signal, (source) => source.origin(signal));
  const engine = classifier.source.kind === 'engine' ? await scoring.load(classifier, signal) : undefined;
  return {
    // One request at a time, so that somebody who classifies a selection is served between two.
    ask: (texts) =>
      scoring.withSource(classifier, signal, (source) =>
        scoreTexts(source, classifier, texts, { topTokens: 0, signal }),
      ),
    model,
    backend,
    devices: engine?.device.names ?? [],
    versions: engine?.versions ?? {},
  };
}

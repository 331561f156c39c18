/** Where the scores of a table's rows come from, in the editor: the same way as a selection's. */
import type { Classifier } from '../../core/classifier/definition';
import type { ConfidenceMethod } from '../../core/model/confidence-method';
import { type ScoredTexts, scoreTexts } from '../../sources/score-texts';
import type { Source } from '../../sources/source';
import type { RunParts } from '../../store/tables/score-run';
import type { Services } from '../../workspace/services';

export interface RowSource extends Pick<RunParts, 'model' | 'backend' | 'devices' | 'versions'> {
  readonly ask: (
    texts: readonly string[],
    method: ConfidenceMethod,
    signal?: AbortSignal,
  ) => Promise<ScoredTexts>;
  readonly textsAtOnce: Source['textsAtOnce'];
}

/** @throws UserError as Scoring.withSource does */
export async function rowSource(
  { scoring }: Services,
  classifier: Classifier,
  signal: AbortSignal,
): Promise<RowSource> {
  const { model, backend, textsAtOnce } = await scoring.withSource(classifier, signal, async (source) => ({
    ...(await source.origin(signal)),
    textsAtOnce: source.textsAtOnce,
  }));
  const engine = classifier.source.kind === 'engine' ? await scoring.load(classifier, signal) : undefined;
  return {
    // The engine is taken for each request, so that somebody who classifies a selection is served between two.
    ask: (texts, method, own = signal) =>
      scoring.withSource(classifier, own, (source) =>
        scoreTexts(source, classifier, texts, { method, topTokens: 0, signal: own }),
      ),
    textsAtOnce,
    model,
    backend,
    devices: engine?.device.names ?? [],
    versions: engine?.versions ?? {},
  };
}

/** What a tuned model is worth: base and tuned score the rows that neither has seen, and are judged by them. */
import path from 'node:path';
import type { Classifier } from '../../core/classifier/definition';
import { TUNED_MODELS, type TunedModel } from '../../core/comparison/tuned-against-base';
import { UserError } from '../../core/user-error';
import { progressInWords } from '../../core/words/progress';
import { writeFileAtomic } from '../../store/atomic';
import { explainingWrite } from '../../store/explain-write';
import { unseenLines } from '../../store/tables/split-table';
import type { JobContext } from '../jobs/job';
import { JobMeter } from '../jobs/progress';
import { scoreTable } from '../score-table';
import type { Sources } from '../sources';
import { type Judge, type Judged, type JudgeOrder, judgeTables } from './judge';
import { tunedPrompt } from './tuned-prompt';
import { tuningFiles } from './tuning-run';

export interface ProofFiles {
  /** Absolute paths: the adapter, and the labelled rows with the part of each. */
  readonly adapter: string;
  readonly splitTable: string;
  /** Adapters that the hold-out scores with this one. */
  readonly candidates: number;
}

export interface ProofRequest extends ProofFiles, Pick<JudgeOrder, 'made'> {
  /** The classifier as it is used without the adapter, and whether its prompt was tuned with its examples. */
  readonly classifier: Classifier;
  readonly examples: boolean;
  readonly textColumn: string;
}

export interface Proven extends Judged {
  /** Absolute path of the scored table of each model. */
  readonly tables: Readonly<Record<TunedModel, string>>;
}

/**
 * The base scores all rows, because it was trained on none; the tuned model scores those of the validation and of the
 * hold-out. Files of an earlier adapter of the name are replaced.
 *
 * @param judge computes for seconds, so that the editor gives it a thread of its own
 * @throws UserError everything of `scoreTable` and `judgeTables`
 */
export async function proveTuning(
  sources: Sources,
  { adapter, splitTable, candidates, classifier, examples, textColumn, made }: ProofRequest,
  { signal, report }: Pick<JobContext, 'signal' | 'report'>,
  judge: Judge = judgeTables,
): Promise<Proven> {
  const { unseen, base, tuned } = tuningFiles(adapter);
  await explainingWrite(unseen, () => writeFileAtomic(unseen, unseenLines(splitTable)));
  const name = path.basename(adapter, '.gguf');
  const tables = { base, tuned };
  const sourceOf = { base: splitTable, tuned: unseen };
  const raw = { ...classifier, calibrator: undefined };
  // The tuned model must be better than what the person has, with its examples.
  const asked = {
    base: { ...raw, adapter: undefined },
    tuned: { ...tunedPrompt(raw, examples), adapter: name },
  };
  for (const model of TUNED_MODELS) {
    const meter = new JobMeter(() => performance.now());
    const of = model === 'base' ? 'the base' : 'the tuned model';
    const score = (restart: boolean): Promise<unknown> =>
      scoreTable(
        sources,
        {
          source: sourceOf[model],
          out: tables[model],
          textColumn,
          classifier: asked[model],
          calibrator: undefined,
          buckets: [],
          replace: true,
          restart,
        },
        {
          signal,
          onProgress: ({ rows }, total) =>
            report(meter.at(rows, total, (...counts) => `scoring with ${of}: ${progressInWords(...counts)}`)),
        },
      );
    await score(false).catch((error: unknown) => {
      // Left by an adapter of the name that was given up: nobody will continue it.
      if (error instanceof UserError && error.code === 'run-changed') return score(true);
      throw error;
    });
  }
  report({ done: 1, total: 1, words: 'fitting calibrators', timeLeft: undefined });
  signal.throwIfAborted();
  return { tables, ...(await judge({ adapter, tables, candidates, made }, signal)) };
}

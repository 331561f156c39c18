/** What the trainer is given, as training/prompt_confidence_training/task.py reads it: settings and token ids, no text. */
import type { TuningSettings } from '../../core/model/adapter-card';
import type { Split } from '../../core/data/tuning-split';
import type { TokensResult } from '../../protocol/engine';
import type { TuningRow } from '../../store/tables/tuning-rows';

const SCHEMA = 1;

/** Mean absolute difference of label probabilities from the engine's up to which a base is taken for the same model. */
const LARGEST_DIFFERENCE = 0.05;

export interface TuningExample {
  readonly split: Split;
  readonly tokens: readonly number[];
  readonly label: number;
  /** Distribution over labels that the confidence is taught; undefined: all of it on the label. */
  readonly target: readonly number[] | undefined;
  /** ln P(label) of the engine without an adapter, for the texts on which the trainer is compared with it. */
  readonly engine: readonly number[] | undefined;
}

/** What may change after it was written. */
export interface TuningHead {
  /** Absolute paths: the model's file, and a Hugging Face folder of the same weights; null: the file itself, dequantised. */
  readonly base: { readonly gguf: string; readonly folder: string | null };
  readonly settings: TuningSettings;
}

export interface TuningInput extends TuningHead {
  readonly answer: TokensResult['answer'];
  readonly examples: readonly TuningExample[];
}

/** The lines of the trainer's input. */
export function* tuningLines({ base, answer, settings, examples }: TuningInput): Generator<string> {
  const head = {
    schema: SCHEMA,
    base,
    answer: { events: answer.events, endTokens: answer.endTokens },
    largestDifference: LARGEST_DIFFERENCE,
    settings,
  };
  yield `${JSON.stringify(head)}\n`;
  for (const example of examples) yield `${JSON.stringify(example)}\n`;
}

/**
 * The distribution that a row teaches the confidence: the votes that its table gives, or its label; where the person was
 * unsure, mixed half with the same share for each label.
 *
 * @param smoothed what the errors of rows like it say; used where the table says nothing of the kind
 */
export function targetOf(
  { label, soft, isUnsure }: Pick<TuningRow, 'label' | 'soft' | 'isUnsure'>,
  labels: number,
  smoothed?: readonly number[],
): readonly number[] {
  if (soft === undefined && !isUnsure && smoothed !== undefined) return smoothed;
  const own = soft ?? Array.from({ length: labels }, (_, at) => (at === label ? 1 : 0));
  return own.map((share) => (isUnsure ? share / 2 + 1 / labels / 2 : share));
}

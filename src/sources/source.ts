/**
 * Where scores come from, one interface: the engine, an endpoint, a language model of the editor. A source knows how
 * to ask; what the answers amount to (consistency, ensemble) is worked out in one place for all of them.
 */
import type { Classifier } from '../core/classifier/definition';
import type { PromptVariant } from '../core/scoring/variants';
import type { Answer } from '../core/scoring/agreement';
import type { Score } from '../core/scoring/score';
import type { ContextShape } from '../protocol/engine';
import type { Binding } from '../core/model/binding';

export interface ScoreRequest {
  readonly classifier: Classifier;
  readonly texts: readonly string[];
  /** Rows of the token table, 0 for none. */
  readonly topTokens: number;
}

export interface SampleRequest {
  /** The prompts under which answers are drawn, and how many under each: see `variantsOf`. */
  readonly prompts: readonly PromptVariant[];
  readonly texts: readonly string[];
  /** Above 0. */
  readonly temperature: number;
  /** The same seed gives the same answers where the source can promise that (the engine on a CPU). */
  readonly seed: number;
}

/** The answers drawn for one text. */
export interface Sampled {
  /** In the order of the prompts, as many as they ask for. */
  readonly answers: readonly Answer[];
  /** As in a Score; 0 where the source does not say. */
  readonly textTokens: number;
  readonly cutTokens: number;
}

/** One text that could not be scored, where the others were. */
export interface Failed {
  /** A sentence for people. */
  readonly reason: string;
}

/** Where numbers come from: what a calibrator binds to, and what is written beside scored tables. */
export interface Origin {
  readonly model: Binding['model'];
  /** cpu, vulkan, …; "endpoint" or "editor" where the hardware is somebody else's. */
  readonly backend: string;
  /** The source in words for people: "gemma-3-270m on the CPU", "qwen3 at http://localhost:8000". */
  readonly inWords: string;
}

export interface Source {
  /** What is known before the first request; loads what has to be loaded. */
  origin(signal?: AbortSignal): Promise<Origin>;
  /**
   * How many texts may be asked for at once now, each by itself, in a run over many: so many keep what it takes at once
   * full. Null for the engine, which scores texts that are asked for together faster.
   */
  readonly textsAtOnce: (() => number) | null;
  /**
   * Token probabilities, one for each text in order; null where the source shows none (then only `sample` works).
   *
   * @throws UserError for what concerns every text: no model, wrong key, server gone, `cancelled`; what is wrong with one
   *   of them is that one's failure, also where no other text was asked for
   */
  readonly score:
    | ((
        request: ScoreRequest,
        signal?: AbortSignal,
      ) => Promise<{ readonly scores: readonly (Score | Failed)[]; readonly shape: ContextShape | null }>)
    | null;
  /**
   * Answers drawn at a temperature, for each text in order.
   *
   * @throws UserError as `score`
   */
  sample(
    request: SampleRequest,
    signal?: AbortSignal,
  ): Promise<{
    readonly samples: readonly (Sampled | Failed)[];
    /** What they were drawn at; null where the provider decides and does not say. */
    readonly temperature: number | null;
    readonly shape: ContextShape | null;
  }>;
}

export function isFailed(result: object): result is Failed {
  return 'reason' in result;
}

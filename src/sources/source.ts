/**
 * The interface of all sources: the engine, an endpoint, an editor model. A source knows how
 * to ask, and declares what it can do. Consistency and ensemble are computed from its answers in one place for
 * all sources.
 */
import type { Classifier } from '../core/classifier/definition';
import type { Binding } from '../core/model/binding';
import type { Answer } from '../core/scoring/agreement';
import type { RunPlan } from '../core/scoring/estimate';
import type { Score } from '../core/scoring/score';
import type { ShownPrompt } from '../core/scoring/shown-prompt';
import type { PromptVariant } from '../core/scoring/variants';
import type { ContextShape, Device, TokensResult } from '../protocol/engine';

export interface ScoreRequest {
  readonly classifier: Classifier;
  readonly texts: readonly string[];
  /** Rows of the token table, 0 for none. */
  readonly topTokens: number;
}

export interface SampleRequest {
  /** The prompts under which answers are sampled, and how many under each: see `variantsOf`. */
  readonly prompts: readonly PromptVariant[];
  readonly texts: readonly string[];
  /** Above 0. */
  readonly temperature: number;
  /** The same seed gives the same answers where the source can promise that (the engine on a CPU). */
  readonly seed: number;
}

/** The sampled answers for one text. */
export interface Sampled {
  /** In the order of the prompts, as many as they ask for. */
  readonly answers: readonly Answer[];
  /** As in a Score; 0 if the source does not report it. */
  readonly textTokens: number;
  readonly cutTokens: number;
}

/** One text that could not be scored, although others were. */
export interface Failed {
  /** A sentence for people. */
  readonly reason: string;
}

/** Token probabilities, one score for each text in order. */
export interface SourceScores {
  readonly scores: readonly (Score | Failed)[];
  readonly shape: ContextShape | null;
}

/** Sampled answers, for each text in order. */
export interface SourceSamples {
  readonly samples: readonly (Sampled | Failed)[];
  /** The temperature at which they were sampled; null if the provider chooses it and does not report it. */
  readonly temperature: number | null;
  readonly shape: ContextShape | null;
}

/** What gives the answers: a calibrator is bound to it, and it is written beside scored tables. */
export interface SourceIdentity {
  /** The model that a calibrator is bound to; undefined while the SHA-256 of a model file is unknown. */
  readonly model: Binding['model'] | undefined;
  /** The file of a model on this machine; null for a model somewhere else. */
  readonly modelFile: ModelFile | null;
  /** cpu, vulkan, …; "endpoint" or "editor" if the hardware belongs to somebody else. */
  readonly backend: string;
  /** The device of this machine that computes; null if another machine computes. */
  readonly device: Device | null;
  /** Versions of the libraries that compute; empty if unknown. */
  readonly versions: Readonly<Record<string, string>>;
  /** The source in words for people: "gemma-3-270m on the CPU", "qwen3 at http://localhost:8000". */
  readonly inWords: string;
}

export interface ModelFile {
  /** File name. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  /** Undefined until it is needed. */
  readonly sha256: string | undefined;
}

export interface Source {
  /** Where texts are sent, in words ("qwen3 at http://localhost:8000"); null where they stay on this machine. */
  readonly sendsTextsTo: string | null;
  /** Whether a label's score may be an upper bound only: the source shows its likeliest tokens and no others. */
  readonly mayBoundScores: boolean;
  /** Whether its labels do not exclude each other; absent where they do. */
  readonly isMultiLabel?: boolean;
  /** The identity as far as it is known without reading a whole model file; loads the model if necessary. */
  identity(signal?: AbortSignal): Promise<SourceIdentity>;
  /** The model that calibrators are bound to; reads a model file if its SHA-256 is unknown. */
  model(signal?: AbortSignal): Promise<Binding['model']>;
  /** What scoring this many rows with texts of this many bytes takes; null if it costs only time, which can be measured. */
  readonly plan: ((classifier: Classifier, rows: number, bytes: number) => RunPlan) | null;
  /**
   * How many texts a long run may request at once now, each on its own: this many keep the source
   * busy. Null for the engine, which is faster with several texts in one request.
   */
  readonly textsAtOnce: (() => number) | null;
  /**
   * Token probabilities; null if the source shows none (then only `sample` works).
   *
   * @throws UserError for errors that concern every text: no model, wrong key, server gone, `cancelled`; an error of one
   *   text is that text's failure, even if it is the only text
   */
  readonly score: ((request: ScoreRequest, signal?: AbortSignal) => Promise<SourceScores>) | null;
  /**
   * Answers sampled at a temperature; null if the source cannot sample (then only `score` works).
   *
   * @throws UserError as `score`
   */
  readonly sample: ((request: SampleRequest, signal?: AbortSignal) => Promise<SourceSamples>) | null;
  /**
   * What the model gets for a text, at the first of several prompts. Nothing is sent to another machine.
   *
   * @throws UserError as `score`
   */
  prompt(classifier: Classifier, text: string, signal?: AbortSignal): Promise<ShownPrompt>;
  /**
   * The tokens of the prompts of texts, and how their answers are read; null if the model is not on this machine, so that
   * it cannot be tuned.
   *
   * @throws UserError as `score`
   */
  readonly tokens:
    | ((classifier: Classifier, texts: readonly string[], signal?: AbortSignal) => Promise<TokensResult>)
    | null;
}

export function isFailed(result: object): result is Failed {
  return 'reason' in result;
}

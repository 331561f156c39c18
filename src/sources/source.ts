/**
 * Where scores come from, one interface: the engine, an endpoint, a language model of the editor. A source knows how
 * to ask, and says what it can do; what the answers amount to (consistency, ensemble) is worked out in one place for
 * all of them.
 */
import type { Classifier } from '../core/classifier/definition';
import type { Binding } from '../core/model/binding';
import type { Answer } from '../core/scoring/agreement';
import type { RunPlan } from '../core/scoring/estimate';
import type { Score } from '../core/scoring/score';
import type { PromptVariant } from '../core/scoring/variants';
import type { ContextShape, Device } from '../protocol/engine';

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

/** Token probabilities, one score for each text in order. */
export interface SourceScores {
  readonly scores: readonly (Score | Failed)[];
  readonly shape: ContextShape | null;
}

/** Drawn answers, for each text in order. */
export interface SourceSamples {
  readonly samples: readonly (Sampled | Failed)[];
  /** What they were drawn at; null where the provider decides and does not say. */
  readonly temperature: number | null;
  readonly shape: ContextShape | null;
}

/** What answers: what a calibrator binds to, and what is written beside scored tables. */
export interface SourceIdentity {
  /** What a calibrator is bound to; undefined while the SHA-256 of a model file is not known. */
  readonly model: Binding['model'] | undefined;
  /** The file of a model on this machine; null for a model somewhere else. */
  readonly modelFile: ModelFile | null;
  /** cpu, vulkan, …; "endpoint" or "editor" where the hardware is somebody else's. */
  readonly backend: string;
  /** What computes on this machine; null where that is somebody else's. */
  readonly device: Device | null;
  /** Of the libraries that compute; empty where they are not known. */
  readonly versions: Readonly<Record<string, string>>;
  /** The source in words for people: "gemma-3-270m on the CPU", "qwen3 at http://localhost:8000". */
  readonly inWords: string;
}

export interface ModelFile {
  /** File name. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  /** Undefined until somebody needed it. */
  readonly sha256: string | undefined;
}

export interface Source {
  /** Where texts are sent, in words ("qwen3 at http://localhost:8000"); null where they stay on this machine. */
  readonly sendsTextsTo: string | null;
  /** Whether a label's score may be an upper bound only: the source shows its likeliest tokens and no others. */
  readonly mayBoundScores: boolean;
  /** What is known without reading a whole model file; loads what has to be loaded. */
  identity(signal?: AbortSignal): Promise<SourceIdentity>;
  /** The model as calibrators are bound to it; reads a model file whose SHA-256 is not known yet. */
  model(signal?: AbortSignal): Promise<Binding['model']>;
  /** What scoring so many rows with texts of so many bytes takes; null where it costs time alone, to be measured. */
  readonly plan: ((classifier: Classifier, rows: number, bytes: number) => RunPlan) | null;
  /**
   * How many texts may be asked for at once now, each by itself, in a run over many: so many keep what it takes at once
   * full. Null for the engine, which scores texts that are asked for together faster.
   */
  readonly textsAtOnce: (() => number) | null;
  /**
   * Token probabilities; null where the source shows none (then only `sample` works).
   *
   * @throws UserError for what concerns every text: no model, wrong key, server gone, `cancelled`; what is wrong with one
   *   of them is that one's failure, also where no other text was asked for
   */
  readonly score: ((request: ScoreRequest, signal?: AbortSignal) => Promise<SourceScores>) | null;
  /**
   * Answers drawn at a temperature; null where the source draws none (then only `score` works).
   *
   * @throws UserError as `score`
   */
  readonly sample: ((request: SampleRequest, signal?: AbortSignal) => Promise<SourceSamples>) | null;
}

export function isFailed(result: object): result is Failed {
  return 'reason' in result;
}

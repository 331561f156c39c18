/**
 * The one scoring path: a hover, a table of a million rows and the command line go through here.
 *
 * On a CPU llama.cpp multiplies rows in blocks and the remainder by another kernel, so that a token's logits depend on
 * where it stands in a decode: up to .06 in probability on a 4-bit model. Each text is therefore padded with dummy
 * tokens after its last one to a multiple of {@link PADDING}. Attention is causal: the dummies change nothing before
 * them, and the same text gives the same bits alone, repeated, and among others.
 */
import { largest } from '../core/extremes';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import {
  GgufFileType,
  GgmlType,
  InsufficientMemoryError,
  type ControlledEvaluateInputItem,
  type LlamaContext,
  type LlamaContextOptions,
  type LlamaContextSequence,
  type LlamaModel,
  type Token,
} from 'node-llama-cpp';
import { promptIdentity } from '../core/classifier/prompt';
import { labelLogProbs, type AnswerPlan } from '../core/scoring/answer-plan';
import {
  isLabelMassLow,
  labelScores,
  type Score,
  type ScoreNote,
  type TokenRow,
} from '../core/scoring/score';
import { cancelledError, UserError } from '../core/user-error';
import type { ContextShape, PromptResult, ScoreParams, TokensResult, WireAdapter } from '../protocol/engine';
import { fitText, type FittedText, type PlannedPrompt, type TokenizedPrompt } from './prompt-tokens';
import { Reclaim } from './reclaim';

/** Tokens of a decode are multiples of this: the least that gives equal bits. Eight took a fifth longer for short texts. */
const PADDING = 4;

/**
 * Types of the output layer that give a row the same bits alone and among others; measured. With any other (an
 * unquantized one takes another kernel for one row than for two) logits are computed for multiples of PADDING too.
 */
const ROW_BY_ROW: readonly (GgmlType | undefined)[] = [GgmlType.Q8_0];

/** Tokens decoded together; a multiple of PADDING, so that a text that is split is split at one. */
const BATCH_TOKENS = 512;

/** Memory that the key-value cache of all sequences together may take. */
const CACHE_BYTES = 512 * 1024 * 1024;

const MAX_SEQUENCES = 16;

/**
 * Variants of a prompt that are kept ready. Each has a state on the disk, of some ten megabytes for a small model and
 * hundreds for a large one, and a classifier may ask for ten thousand.
 */
const KEPT_VARIANTS = 32;

/** log p(token) after a path of answer tokens. */
type Distributions = Map<string, Map<number, number>>;

/** Everything about a prompt that needs no context; @throws UserError as `planPrompt` */
export type Plan = (classifier: ScoreParams['classifier']) => Promise<PlannedPrompt>;

interface TextJob {
  /** Place of the text in the request. */
  readonly index: number;
  readonly fitted: FittedText;
  readonly tokens: readonly Token[];
}

/** What a scorer and its variants have in common. */
interface Shared {
  readonly model: LlamaModel;
  readonly adapter: WireAdapter | undefined;
  readonly planned: Plan;
  readonly context: LlamaContext;
  readonly sequences: readonly LlamaContextSequence[];
  /** The scorer whose prefix is in the cache of each sequence. */
  readonly owners: Map<LlamaContextSequence, Scorer>;
  /** Folder for the saved states of prefixes. */
  readonly scratch: string;
  /** Whether a prefix is restored from its state even where the cache still has it. */
  readonly restoreAlways: boolean;
  /** Whether logits are computed for whole blocks of PADDING tokens. */
  readonly wholeBlocks: boolean;
  readonly reclaim: Reclaim;
}

/** What belongs to one prompt. */
interface Own {
  readonly classifier: ScoreParams['classifier'];
  readonly prompt: TokenizedPrompt;
  readonly plan: AnswerPlan;
  /** File of the saved state; undefined if texts have no common prefix. */
  readonly prefixState: string | undefined;
  readonly shape: ContextShape;
}

/** Where a scorer works. */
interface ScorerPlace {
  /** Undefined for the model alone. */
  readonly adapter: WireAdapter | undefined;
  readonly threads: number;
  /** Folder for the prefix's state; holds nothing of the texts. */
  readonly scratch: string;
}

/** One classifier on one model, with or without an adapter: its context, with the prompt's prefix in the cache of every sequence. */
export class Scorer {
  /** Variants of the prompt that share this context, by the identity of their prompt; most recently used last. */
  private readonly variants = new Map<string, Scorer>();

  private constructor(
    private readonly shared: Shared,
    private readonly own: Own,
  ) {}

  get shape(): ContextShape {
    return this.own.shape;
  }

  /**
   * @throws UserError if the classifier does not fit the model or its context, or the adapter does not fit the model
   */
  static async create(
    model: LlamaModel,
    planned: Plan,
    classifier: ScoreParams['classifier'],
    { adapter, threads, scratch }: ScorerPlace,
  ): Promise<Scorer> {
    const { prompt, plan } = await planned(classifier);
    const overhead = overheadOf(prompt, plan);
    const maxTextTokens = Math.min(classifier.maxTextTokens, model.trainContextSize - overhead);
    if (maxTextTokens < 16)
      throw new UserError(
        'prompt-too-long',
        `The prompt of "${classifier.name}" takes ${overhead} tokens, but this model takes at most ${model.trainContextSize}. Use fewer or shorter examples.`,
      );
    const contextTokens = padded(overhead + maxTextTokens);
    const window = model.fileInsights.swaSize;
    const swaFullCache = window !== undefined && contextTokens > window;
    const sequenceCount = await sequencesWithin(model, contextTokens, swaFullCache);
    const flashAttention = model.flashAttentionSupported && !isWholeOnCpu(model);
    const context = await createContext(model, adapter, {
      sequences: sequenceCount,
      contextSize: contextTokens,
      batchSize: BATCH_TOKENS,
      flashAttention,
      ...(isWholeOnCpu(model) ? WHOLE_CACHE : {}),
      swaFullCache,
      threads: { ideal: threads, min: threads },
      // In order, so that what does not fit into a batch is split where the batch ends, at a multiple of PADDING.
      batching: { itemPrioritizationStrategy: 'firstInFirstOut' },
    });
    try {
      const sequences = Array.from({ length: sequenceCount }, () => context.getSequence());
      const prefixState = await sharePrefix(sequences, prompt.prefix, scratch);
      const owners = new Map<LlamaContextSequence, Scorer>();
      const scorer = new Scorer(
        {
          model,
          adapter,
          planned,
          context,
          sequences,
          owners,
          scratch,
          restoreAlways: model.fileInsights.isRecurrent || model.fileInsights.isHybrid,
          wholeBlocks: !ROW_BY_ROW.includes(outputType(model)),
          reclaim: new Reclaim(vocabularySize(model)),
        },
        {
          classifier: { ...classifier, maxTextTokens },
          prompt,
          plan,
          prefixState,
          shape: {
            prompt: prompt.kind,
            ...addedByTemplate(prompt),
            sequences: sequenceCount,
            contextTokens,
            batchTokens: BATCH_TOKENS,
            prefixTokens: prompt.prefix.length,
            padding: PADDING,
            flashAttention,
            swaFullCache,
          },
        },
      );
      for (const sequence of sequences) owners.set(sequence, scorer);
      return scorer;
    } catch (error) {
      await context.dispose();
      throw error;
    }
  }

  async dispose(): Promise<void> {
    for (const scorer of [this, ...this.variants.values()]) scorer.deletePrefixState();
    await this.shared.context.dispose();
  }

  private deletePrefixState(): void {
    const { prefixState } = this.own;
    if (prefixState !== undefined) rmSync(path.dirname(prefixState), { recursive: true, force: true });
  }

  /**
   * The same classifier with its examples or labels in another order. It shares the context: only its prefix is
   * evaluated, and switching between the two costs reading a saved state. It is to be used before the next one is asked
   * for: only the last {@link KEPT_VARIANTS} are kept.
   */
  async variant(classifier: ScoreParams['classifier']): Promise<Scorer> {
    const { planned, sequences, owners, scratch } = this.shared;
    const { classifier: first, shape } = this.own;
    const limited = { ...classifier, maxTextTokens: first.maxTextTokens };
    const key = promptIdentity(limited);
    if (key === promptIdentity(first)) return this;
    const known = this.variants.get(key);
    if (known !== undefined) {
      this.variants.delete(key);
      this.variants.set(key, known);
      return known;
    }
    for (const [oldKey, old] of this.variants) {
      if (this.variants.size < KEPT_VARIANTS) break;
      this.variants.delete(oldKey);
      old.deletePrefixState();
    }
    const { prompt, plan } = await planned(classifier);
    // In another order the prompt may take a few tokens more.
    const room = shape.contextTokens - overheadOf(prompt, plan);
    const [sequence] = sequences;
    if (sequence === undefined) throw new Error('a context without sequences');
    owners.delete(sequence);
    await sequence.clearHistory();
    const variant = new Scorer(this.shared, {
      classifier: { ...limited, maxTextTokens: Math.min(limited.maxTextTokens, room) },
      prompt,
      plan,
      prefixState: await savePrefix(sequence, prompt.prefix, scratch),
      shape: { ...shape, prefixTokens: prompt.prefix.length },
    });
    owners.set(sequence, variant);
    this.variants.set(key, variant);
    return variant;
  }

  /**
   * Scores texts in groups that fill the batch.
   *
   * @param topTokens rows of the token table, 0 for none
   * @param cancelled asked between groups
   * @param temperature of the probabilities; 1 for those of the model itself
   * @returns one score for each text, in the order of the texts
   * @throws UserError `cancelled`
   */
  async score(
    texts: readonly string[],
    topTokens: number,
    cancelled: () => boolean,
    temperature = 1,
  ): Promise<Score[]> {
    const scores: Score[] = [];
    for (const group of this.groups(texts)) {
      if (cancelled()) throw cancelledError();
      await Promise.all(
        group.map(async (job, at) => {
          scores[job.index] = await this.scoreOne(job, at, topTokens, temperature);
        }),
      );
      const rows = this.own.plan.reads.length + (topTokens > 0 ? 1 : 0);
      this.shared.reclaim.read(group.length * rows * (this.shared.wholeBlocks ? PADDING : 1));
    }
    return scores;
  }

  /** What the model gets for a text. */
  prompt(text: string): PromptResult {
    const { fitted, tokens } = this.prepare(text, 0);
    const { model } = this.shared;
    const { prompt, plan, classifier } = this.own;
    return {
      kind: 'tokens',
      template: prompt.kind,
      pieces: piecesOf(tokens, model),
      tokens: tokens.length,
      textTokens: fitted.textTokens,
      cutTokens: fitted.cutTokens,
      mode: plan.method,
      labels: classifier.labels.map(({ name }, index) => ({
        label: name,
        spellings: distinctPaths(prompt.spellingPaths[index] ?? []).map((path) =>
          path.map((id) => ({ id, text: model.detokenize([id], true) })),
        ),
      })),
    };
  }

  /** The tokens of prompts, and how their answers are read: what a trainer needs. */
  tokens(texts: readonly string[]): TokensResult {
    const { method, events, endTokens } = this.own.plan;
    return {
      shape: this.own.shape,
      answer: { mode: method, events, endTokens },
      prompts: texts.map((text, index) => {
        const { fitted, tokens } = this.prepare(text, index);
        return { tokens, textTokens: fitted.textTokens, cutTokens: fitted.cutTokens };
      }),
    };
  }

  /**
   * What is decoded together: only texts of the same padded length. llama.cpp splits sequences of unequal lengths into
   * pieces of equal length, and computes attention for 64 rows and more by another kernel than for fewer: a long text
   * beside a short one would be cut where the short one ends, and get other bits than alone.
   */
  private *groups(texts: readonly string[]): Generator<TextJob[]> {
    const open = new Map<number, TextJob[]>();
    for (const [index, text] of texts.entries()) {
      const job = this.prepare(text, index);
      const size = padded(Math.max(1, job.tokens.length - this.own.prompt.prefix.length));
      const room = Math.max(1, Math.min(this.shared.sequences.length, Math.floor(BATCH_TOKENS / size)));
      const group = [...(open.get(size) ?? []), job];
      if (group.length < room) {
        open.set(size, group);
      } else {
        open.delete(size);
        yield group;
      }
    }
    yield* open.values();
  }

  private prepare(text: string, index: number): TextJob {
    const fitted = fitText(text, this.own.classifier.maxTextTokens, this.shared.model);
    return { index, fitted, tokens: this.own.prompt.tokensFor(fitted.text) };
  }

  private async scoreOne(job: TextJob, at: number, topTokens: number, temperature: number): Promise<Score> {
    const sequence = this.shared.sequences[at];
    if (sequence === undefined) throw new Error(`no sequence ${at}`);
    try {
      if (this.shared.owners.get(sequence) !== this) {
        this.shared.owners.set(sequence, this);
        await this.restorePrefix(sequence);
      }
      const distributions = await this.readAnswer(sequence, job.tokens, temperature);
      const logProbs = labelLogProbs(this.own.plan, (answer, token) => {
        const logProb = distributions.get(answer.join(' '))?.get(token);
        if (logProb === undefined)
          throw new Error('the model did not return the distribution that was asked for');
        return logProb;
      });
      const names = this.own.classifier.labels.map((label) => label.name);
      const scored = labelScores(names, logProbs);
      const notes = notesOn(this.own.prompt, scored);
      return {
        ...scored,
        ...(notes.length === 0 ? {} : { notes }),
        mode: this.own.plan.method,
        textTokens: job.fitted.textTokens,
        cutTokens: job.fitted.cutTokens,
        ...(topTokens > 0 ? { tokens: await this.topTokens(sequence, job.tokens, topTokens) } : {}),
      };
    } catch (error) {
      throw this.shared.adapter === undefined ? error : blamingAdapter(error, this.shared.adapter);
    } finally {
      await this.restorePrefix(sequence);
    }
  }

  /** Evaluates the prompt, then every path of answer tokens that the plan asks for. Leaves the prompt in the cache. */
  private async readAnswer(
    sequence: LlamaContextSequence,
    tokens: readonly Token[],
    temperature: number,
  ): Promise<Distributions> {
    const distributions: Distributions = new Map();
    const [root, ...deeper] = this.own.plan.reads;
    if (root === undefined) throw new Error('a plan without reads');
    // A text that melts into the prefix's last token leaves less of the prefix to keep.
    const kept = sequence.compareContextTokens([...tokens]).firstDifferentIndex;
    await eraseFrom(sequence, kept);
    const [atPrompt] = await decode(
      sequence,
      tokens.slice(kept),
      [{ position: tokens.length - kept - 1, tokens: root.tokens }],
      this.shared.wholeBlocks,
      temperature,
    );
    distributions.set('', atPrompt ?? new Map<number, number>());

    const open = new Map(deeper.map((read) => [read.path.join(' '), read]));
    // Longest first: on its way it passes, and reads, the shorter paths that it starts with.
    for (const read of deeper.toReversed()) {
      if (!open.has(read.path.join(' '))) continue;
      await eraseFrom(sequence, tokens.length);
      const onTheWay = read.path
        .map((_, index) => ({ key: read.path.slice(0, index + 1).join(' '), position: index }))
        .flatMap(({ key, position }) => {
          const wanted = open.get(key);
          return wanted === undefined ? [] : [{ key, position, tokens: wanted.tokens }];
        });
      const found = await decode(
        sequence,
        read.path as Token[],
        onTheWay,
        this.shared.wholeBlocks,
        temperature,
      );
      onTheWay.forEach(({ key }, index) => {
        open.delete(key);
        distributions.set(key, found[index] ?? new Map<number, number>());
      });
    }
    return distributions;
  }

  /**
   * The likeliest first tokens, from a second pass over the prompt's last block: asking for them sorts the vocabulary,
   * which costs more than a short decode and moves the last bits of the sum that the scores are divided by.
   */
  private async topTokens(
    sequence: LlamaContextSequence,
    tokens: readonly Token[],
    count: number,
  ): Promise<TokenRow[]> {
    const own = tokens.length - Math.min(this.own.prompt.prefix.length, tokens.length - 1);
    const from = tokens.length - (((own - 1) % PADDING) + 1);
    await eraseFrom(sequence, from);
    const [top] = await decode(
      sequence,
      tokens.slice(from),
      [{ position: tokens.length - from - 1, tokens: [], top: count }],
      this.shared.wholeBlocks,
    );
    return [...(top ?? [])]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([id, logProb], index) => {
        const label = this.own.classifier.labels[this.own.plan.firstTokenLabel.get(id) ?? -1]?.name;
        return {
          rank: index + 1,
          id,
          text: this.shared.model.detokenize([id as Token], true),
          logProb,
          ...(label === undefined ? {} : { label }),
        };
      });
  }

  /** Back to the prefix, from the cache where it is still whole, else from the saved state: the same bits either way. */
  private async restorePrefix(sequence: LlamaContextSequence): Promise<void> {
    const { length } = this.own.prompt.prefix;
    const kept = sequence.compareContextTokens([...this.own.prompt.prefix]).firstDifferentIndex;
    if (!this.shared.restoreAlways && kept >= length) {
      await eraseFrom(sequence, length);
      return;
    }
    await sequence.clearHistory();
    if (this.own.prefixState !== undefined)
      await sequence.loadStateFromFile(this.own.prefixState, { acceptRisk: true });
  }
}

/** Evaluates the prefix in one sequence and copies its state to the others; returns the file that holds it. */
async function sharePrefix(
  sequences: readonly LlamaContextSequence[],
  prefix: readonly Token[],
  scratch: string,
): Promise<string | undefined> {
  const [first, ...others] = sequences;
  if (first === undefined) return undefined;
  const file = await savePrefix(first, prefix, scratch);
  if (file !== undefined)
    for (const other of others) await other.loadStateFromFile(file, { acceptRisk: true });
  return file;
}

/** Evaluates the prefix in an empty sequence and saves its state; undefined where there is no prefix. */
async function savePrefix(
  sequence: LlamaContextSequence,
  prefix: readonly Token[],
  scratch: string,
): Promise<string | undefined> {
  if (prefix.length === 0) return undefined;
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(path.join(scratch, 'prefix-'));
  try {
    const file = path.join(folder, 'prefix.state');
    await sequence.evaluateWithoutGeneratingNewTokens([...prefix]);
    await sequence.saveStateToFile(file);
    return file;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Runs of ordinary tokens, whose characters may span several, and every special token by itself. */
function piecesOf(tokens: readonly Token[], model: LlamaModel): PromptResult['pieces'] {
  const pieces: { text: string; isSpecial: boolean }[] = [];
  let plain: Token[] = [];
  let before: Token[] = [];
  const flush = (): void => {
    if (plain.length > 0) pieces.push({ text: model.detokenize(plain, false, before), isSpecial: false });
    plain = [];
  };
  tokens.forEach((token, index) => {
    if (!model.isSpecialToken(token)) {
      if (plain.length === 0) before = tokens.slice(0, index);
      plain.push(token);
      return;
    }
    flush();
    pieces.push({ text: model.detokenize([token], true), isSpecial: true });
  });
  flush();
  return pieces;
}

function distinctPaths(paths: readonly (readonly Token[])[]): (readonly Token[])[] {
  return [...new Map(paths.map((path) => [path.join(' '), path])).values()];
}

/** What a chat template puts into prompts besides the classifier's own text: part of their identity. */
function addedByTemplate({
  date,
  answerStart,
}: TokenizedPrompt): Pick<ContextShape, 'promptDate' | 'answerStart'> {
  return {
    ...(date === undefined ? {} : { promptDate: date }),
    ...(answerStart === '' ? {} : { answerStart }),
  };
}

function notesOn({ answerStart, mayThink }: TokenizedPrompt, score: Pick<Score, 'labelMass'>): ScoreNote[] {
  return [
    ...(answerStart === '' ? [] : ['answer-opened' as const]),
    ...(mayThink && isLabelMassLow(score) ? ['may-think' as const] : []),
  ];
}

/** Tokens that a context needs besides those of the text. */
function overheadOf(prompt: TokenizedPrompt, plan: AnswerPlan): number {
  return prompt.tokensFor('').length + longestRead(plan) + 3 * PADDING;
}

/**
 * Whether a model of 32-bit floats runs on a CPU. Its keys and values are not rounded to 16 bits then. Flash attention rounds
 * them whatever the cache holds, and log-probabilities are off by some thousandths.
 */
function isWholeOnCpu({ fileInfo, llama }: LlamaModel): boolean {
  return fileInfo.metadata.general.file_type === GgufFileType.ALL_F32 && llama.gpu === false;
}

/** Marked as deprecated because some GPUs lack some types; a CPU has this one. */
/* eslint-disable @typescript-eslint/no-deprecated */
const WHOLE_CACHE: LlamaContextOptions = {
  experimentalKvCacheKeyType: 'F32',
  experimentalKvCacheValueType: 'F32',
};
/* eslint-enable @typescript-eslint/no-deprecated */

/** @throws UserError adapter-unreadable; InsufficientMemoryError */
async function createContext(
  model: LlamaModel,
  adapter: WireAdapter | undefined,
  options: LlamaContextOptions,
): Promise<LlamaContext> {
  if (adapter === undefined) return model.createContext(options);
  try {
    return await model.createContext({ ...options, lora: { adapters: [{ filePath: adapter.path }] } });
  } catch (error) {
    if (error instanceof InsufficientMemoryError) throw error;
    throw new UserError(
      'adapter-unreadable',
      `The adapter ${adapter.name} cannot be put on this model: its weights have other shapes, or are damaged. Tune again, or take the adapter out of the classifier.`,
      { cause: error },
    );
  }
}

/** Which of the two is damaged is not known here: without the adapter, the error about the model says so itself. */
function blamingAdapter(error: unknown, { name }: WireAdapter): unknown {
  if (!(error instanceof UserError && error.code === 'model-broken')) return error;
  return new UserError(
    'adapter-unreadable',
    `With the adapter ${name} this model gives no usable scores. Tune again, or take the adapter out of the classifier.`,
    { cause: error },
  );
}

/** Type of the tensor that makes logits; if a model has none of its own, that of its embeddings. */
function outputType(model: LlamaModel): GgmlType | undefined {
  const typeOf = (name: string): GgmlType | undefined =>
    model.fileInfo.tensorInfo?.find((tensor) => tensor.name === name)?.ggmlType;
  return typeOf('output.weight') ?? typeOf('token_embd.weight');
}

function padded(tokens: number): number {
  return Math.ceil(tokens / PADDING) * PADDING;
}

function longestRead(plan: AnswerPlan): number {
  return padded(largest(plan.reads.map((read) => read.path.length)));
}

/** As many sequences as fit into the memory set aside for the cache, at most {@link MAX_SEQUENCES}. */
async function sequencesWithin(
  model: LlamaModel,
  contextSize: number,
  swaFullCache: boolean,
): Promise<number> {
  const memory = async (sequences: number): Promise<number> => {
    const { cpuRam, gpuVram } = await model.fileInsights.estimateContextResourceRequirementsV2({
      contextSize,
      modelGpuLayers: model.gpuLayers,
      batchSize: BATCH_TOKENS,
      swaFullCache,
      sequences,
    });
    return cpuRam + gpuVram;
  };
  const perSequence = Math.max(1, (await memory(2)) - (await memory(1)));
  return Math.max(1, Math.min(MAX_SEQUENCES, Math.floor(CACHE_BYTES / perSequence)));
}

async function eraseFrom(sequence: LlamaContextSequence, start: number): Promise<void> {
  if (sequence.nextTokenIndex > start)
    await sequence.eraseContextTokenRanges([{ start, end: sequence.nextTokenIndex }]);
}

interface Read {
  /** Index into the decoded tokens. */
  readonly position: number;
  readonly tokens: readonly number[];
  readonly top?: number;
}

/**
 * Decodes tokens, padded, and returns log p of the requested tokens after each requested position.
 * log p(t) = logit(t) - max logit - ln Σ exp(logit - max logit); the sum comes from llama.cpp, over the vocabulary.
 * It is added up in 32 bits, token by token: over 262,144 tokens it lacks up to a thousandth.
 * At another temperature than 1 llama.cpp divides all logits by it first.
 *
 * @param wholeBlocks whether logits are computed for every token of a block of PADDING in which there is a read
 */
async function decode(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  reads: readonly Read[],
  wholeBlocks: boolean,
  temperature = 1,
): Promise<Map<number, number>[]> {
  const last = tokens.at(-1);
  if (last === undefined) throw new Error('nothing to decode');
  const dummies = Array.from({ length: padded(tokens.length) - tokens.length }, () => last);
  const block = (position: number): number => Math.floor(position / PADDING);
  const input = [...tokens, ...dummies].map((token, position): ControlledEvaluateInputItem => {
    const read = reads.find((entry) => entry.position === position);
    if (read === undefined) {
      const beside = wholeBlocks && reads.some((entry) => block(entry.position) === block(position));
      return beside ? [token, { generateNext: { token: true, options: { temperature: 0 } } }] : token;
    }
    // Greedy, so that the selected token is the likeliest one and its logit the maximum. Greedy knows no temperature:
    // with one, the likeliest token is asked for, and no other sampler may take tokens away.
    const isPlain = temperature === 1;
    const top = read.top ?? (isPlain ? undefined : 1);
    return [
      token,
      {
        generateNext: {
          token: true,
          options: isPlain ? { temperature: 0 } : { temperature, topK: 0, topP: 1, minP: 0 },
          totalLogitWeight: true,
          logits: {
            filter: {
              tokens: read.tokens as Token[],
              includeSelected: true,
              ...(top === undefined ? {} : { includeTop: top }),
            },
          },
        },
      },
    ];
  });
  const output = await sequence.controlledEvaluate(input);
  return reads.map((read) => {
    const next = output[read.position]?.next;
    if (next?.logits === undefined || next.totalLogitWeight === undefined)
      throw new Error('the model returned no logits');
    const max = largest(next.logits.values());
    const logTotal = Math.log(next.totalLogitWeight);
    checkWeight(next.totalLogitWeight, sequence.model);
    return new Map([...next.logits].map(([token, logit]) => [token, logit - max - logTotal]));
  });
}

/**
 * Refuses a model whose damaged weights give no distribution, or always the same one.
 *
 * @param totalWeight Σ exp(logit - max logit): NaN where a logit is, and the size of the vocabulary where all are equal
 * @throws UserError `model-broken`
 */
function checkWeight(totalWeight: number, model: LlamaModel): void {
  const what = !Number.isFinite(totalWeight)
    ? 'gives scores that are no numbers'
    : totalWeight >= vocabularySize(model)
      ? 'gives every token the same score'
      : undefined;
  if (what !== undefined)
    throw new UserError(
      'model-broken',
      `This model ${what}, so its weights are damaged. Download it again, or choose another model.`,
    );
}

function vocabularySize(model: LlamaModel): number {
  return model.fileInfo.metadata.tokenizer.ggml.tokens.length;
}

/** Scores from an OpenAI-compatible server: token probabilities of the first token, and sampled answers. */
import { largest } from '../../core/extremes';
import { type Asking, askingOf, type Classifier } from '../../core/classifier/definition';
import { promptIdentity } from '../../core/classifier/prompt';
import type { Binding } from '../../core/model/binding';
import { hash53 } from '../../core/data/hash';
import {
  answerTokensPerText,
  cutToTokens,
  estimateTokens,
  requestsPerText,
  type RunPlan,
} from '../../core/scoring/estimate';
import type { Random } from '../../core/random';
import { labelOfAnswer } from '../../core/scoring/parse-answer';
import type { Score } from '../../core/scoring/score';
import type { NotShown, WhyNotShown } from '../../core/scoring/shown-answer';
import type { RequestPrompt } from '../../core/scoring/shown-prompt';
import { variantsOf } from '../../core/scoring/variants';
import { checkFirstWords, scoreVisible, visibleTokenRows } from '../../core/scoring/visible-tokens';
import { UserError } from '../../core/user-error';
import type {
  Failed,
  Sampled,
  SampleRequest,
  ScoreRequest,
  Source,
  SourceIdentity,
  SourceSamples,
  SourceScores,
} from '../source';
import { endingTogether } from '../ending-together';
import { DEFAULT_SEED } from '../score-texts';
import { call, garbage, Refusal, said } from './http';
import { checkedKey, redactor } from './key';
import { Pace, type Clock } from './pace';
import type { Endpoint } from './settings';
import {
  FIRST_DIALECT,
  MOST_POSITIONS,
  nextDialect,
  promptFields,
  readReply,
  requestBody,
  route,
  type Ask,
  type Dialect,
  type Reply,
} from './wire';

export interface EndpointOptions {
  /** Called for every request, so that a changed key takes effect. */
  readonly key: () => string | undefined | Promise<string | undefined>;
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds that one answer may take; loading a large model can be part of it. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 120_000;

/** Room for a sampled answer beyond its label: "The answer is …", quotes, a full stop. */
const ANSWER_TOKENS = 16;

/** Room for the thoughts of a model that thinks before it answers. */
const THOUGHT_TOKENS = 4096;

/** How servers refuse a limit of tokens that a model's thoughts exceed. */
const UNFINISHED =
  /could not finish the message|output limit was reached|max(_completion|_output)?_tokens\b.*\b(below minimum|too (small|low))/i;

/** After failing with more consecutive texts than this, a server is expected to fail with the others too. */
const HOPELESS = 8;

const NO_LOGPROBS = 'endpoint-no-logprobs';

/** What one token showed of an endpoint. */
export interface EndpointTest {
  /** How many of the likeliest tokens it shows; 0 for none. */
  readonly likeliest: number;
  /** Whether the model thinks before it answers: then it needs more tokens than labels do. */
  readonly thinks: boolean;
}

/** Answers to draw to one prompt. */
interface Draw {
  readonly asks: Asking;
  readonly text: string;
  /** How many. */
  readonly count: number;
  readonly temperature: number;
  readonly seed: number;
}

export class EndpointSource implements Source {
  private readonly pace: Pace;
  private dialect: Dialect = FIRST_DIALECT;
  private fingerprint: string | null = null;
  private hasAnswered = false;
  private hasShownProbabilities = false;
  /** Consecutive texts, of any run, that the server failed with after all further tries. */
  private failedInARow = 0;
  /** Tokens of an answer that are asked for if its beginning is read: more where it begins with white space. */
  private firstTokens = 1;
  /** Tokens on top of those of a sampled answer, once the model has been seen thinking. */
  private thoughtTokens = 0;
  /** The most answers that one request has brought: 1 for a server that does not support `n`. */
  private answersAtOnce = 1;

  /** A server lists only its likeliest tokens: a label that is not among them has a bound. */
  readonly mayBoundScores = true;
  readonly tokens = null;
  readonly textsAtOnce = (): number => this.pace.concurrency;
  readonly score: Source['score'];

  constructor(
    readonly endpoint: Endpoint,
    private readonly options: EndpointOptions,
  ) {
    const { requestsPerMinute, topLogprobs } = endpoint;
    this.pace = new Pace({ requestsPerMinute, clock: options.clock, random: options.random });
    this.score = topLogprobs === 0 ? null : (request, signal) => this.scoreTexts(request, signal);
  }

  /** Asks for one token if the server has not answered yet, so that a wrong key or name is noticed before a long run. */
  async identity(signal?: AbortSignal): Promise<SourceIdentity> {
    return {
      model: await this.model(signal),
      modelFile: null,
      backend: 'endpoint',
      device: null,
      versions: {},
      inWords: this.sendsTextsTo,
    };
  }

  async model(signal?: AbortSignal): Promise<Binding['model']> {
    if (!this.hasAnswered) await this.test(signal);
    const { address, model } = this.endpoint;
    return { kind: 'endpoint', address, name: model, fingerprint: this.fingerprint, verified: false };
  }

  get sendsTextsTo(): string {
    return `${this.endpoint.model} at ${this.endpoint.address}`;
  }

  /**
   * What a run would take. Until the server has sent several answers to one request, it is assumed that it cannot.
   *
   * @param bytes of a typical text
   */
  readonly plan = (classifier: Classifier, rows: number, bytes: number): RunPlan => {
    const asks = askingOf(classifier);
    const { text } = cutToTokens('x'.repeat(bytes), asks.maxTextTokens);
    const prompt = JSON.stringify(promptFields(this.endpoint, asks, text));
    return {
      rows,
      requestsPerRow: requestsPerText(classifier, this.answersAtOnce),
      promptTokens: estimateTokens(prompt),
      answerTokens: answerTokensPerText(classifier),
      price: this.endpoint.price,
      requestsPerMinute: this.endpoint.requestsPerMinute,
    };
  };

  /**
   * Whether the server answers, and whether it shows token probabilities.
   *
   * @throws UserError for a key, name or address that is wrong, or a server that is not there
   */
  async test(signal?: AbortSignal): Promise<EndpointTest> {
    const prompt =
      this.endpoint.api === 'chat'
        ? { messages: [{ role: 'user', content: 'Answer with yes or no: is ice frozen water?' }] }
        : { prompt: 'Is ice frozen water? Yes or no:' };
    const reply = await this.asUserError(() => this.ask(prompt, this.reading(1), signal));
    if (reply === 'unfinished') return { likeliest: 0, thinks: true };
    const { first } = reply;
    if ('likeliest' in first) return { likeliest: first.likeliest.length, thinks: false };
    return { likeliest: 0, thinks: first.why === 'thought' };
  }

  /** The request as it would be sent now; the server is not asked. */
  prompt(classifier: Classifier, text: string): Promise<RequestPrompt> {
    const { method, consistency } = classifier;
    const asks = askingOf(classifier);
    this.checkPrompt(asks);
    const [first] = method === 'consistency' ? variantsOf(classifier, DEFAULT_SEED) : [];
    const asked = first?.asks ?? asks;
    const short = cutToTokens(text, asks.maxTextTokens);
    const ask: Ask =
      first === undefined
        ? this.reading(this.firstTokens)
        : {
            answers: first.samples,
            tokens: answerTokens(asked) + this.thoughtTokens,
            temperature: consistency.temperature,
            topLogprobs: 0,
            seed: seedOf(DEFAULT_SEED, promptIdentity(asked), text, 0),
          };
    const { address } = this.endpoint;
    return Promise.resolve({
      kind: 'request',
      to: `POST ${address}${route(this.endpoint)}`,
      body: requestBody(this.endpoint, promptFields(this.endpoint, asked, short.text), ask, this.dialect),
    });
  }

  /** What is asked for to read the beginning of an answer. */
  private reading(tokens: number): Ask {
    return { answers: 1, tokens, temperature: 0, topLogprobs: this.endpoint.topLogprobs };
  }

  async sample(
    { prompts, texts, temperature, seed }: SampleRequest,
    signal?: AbortSignal,
  ): Promise<SourceSamples> {
    for (const { asks } of prompts) this.checkPrompt(asks);
    const samples = await this.each(texts, signal, async (text, either): Promise<Sampled> => {
      const drawn = await Promise.all(
        prompts.map(({ asks, samples: count }) =>
          this.draw({ asks, text, count, temperature, seed }, either),
        ),
      );
      const { tokens, cut } = cutToTokens(text, prompts[0]?.asks.maxTextTokens ?? Infinity);
      return { answers: drawn.flat(), textTokens: tokens, cutTokens: cut };
    });
    return {
      samples,
      temperature: this.dialect.without.has('temperature') ? null : temperature,
      shape: null,
    };
  }

  private async scoreTexts(
    { classifier, texts, topTokens }: ScoreRequest,
    signal: AbortSignal | undefined,
  ): Promise<SourceScores> {
    const asks = askingOf(classifier);
    this.checkPrompt(asks);
    if (asks.scoring === 'sequence')
      throw new UserError(
        'labels-indistinct',
        `The classifier "${asks.name}" asks for the probability of whole labels ("scoring": "sequence"), but an endpoint shows only the first token of the answer. Set "scoring" to "auto", or "method" to "consistency".`,
      );
    checkFirstWords(asks.labels);
    const scores = await this.each(texts, signal, async (text, either): Promise<Score> => {
      const short = cutToTokens(text, asks.maxTextTokens);
      const first = await this.beginning(promptFields(this.endpoint, asks, short.text), either);
      if ('why' in first) throw this.notShown(first);
      this.hasShownProbabilities = true;
      const { labelOf, tokens, ...score } = scoreVisible(asks.labels, first);
      return {
        ...score,
        mode: 'first-token',
        textTokens: short.tokens,
        cutTokens: short.cut,
        ...(topTokens === 0 ? {} : { tokens: visibleTokenRows(tokens, labelOf, topTokens) }),
      };
    });
    return { scores, shape: null };
  }

  /** What an answer begins with. White space is read on: the label comes after it. */
  private async beginning(
    prompt: ReturnType<typeof promptFields>,
    signal: AbortSignal | undefined,
  ): Promise<Reply['first']> {
    for (;;) {
      const tokens = this.firstTokens;
      const reply = await this.ask(prompt, this.reading(tokens), signal);
      if (reply === 'unfinished') return { why: 'thought' };
      if (!reply.isBlank || tokens === MOST_POSITIONS) return reply.first;
      this.firstTokens = MOST_POSITIONS;
    }
  }

  /** Answers to one prompt: in one request if the server supports `n`, otherwise one by one. */
  private async draw(
    { asks, text, count, temperature, seed }: Draw,
    signal: AbortSignal | undefined,
  ): Promise<Sampled['answers']> {
    const short = cutToTokens(text, asks.maxTextTokens);
    const prompt = promptFields(this.endpoint, asks, short.text);
    const identity = promptIdentity(asks);
    let answers: Reply['answers'] = [];
    let { thoughtTokens } = this;
    let hasThought = false;
    // Some servers give one answer whatever `n` says.
    while (answers.length < count) {
      const reply = await this.ask(
        prompt,
        {
          tokens: answerTokens(asks) + thoughtTokens,
          temperature,
          topLogprobs: 0,
          answers: count - answers.length,
          seed: seedOf(seed, identity, text, answers.length),
        },
        signal,
      ).catch((error: unknown) => {
        // The room for a thought may be more than the server's context has.
        const isTooMuch = hasThought && error instanceof Refusal && error.concerns === 'text';
        throw isTooMuch ? this.thinks() : error;
      });
      if (reply !== 'unfinished' && reply.answers.some(({ missing }) => missing === 'filtered'))
        throw this.filtered();
      if (reply === 'unfinished' || reply.answers.some(({ missing }) => missing === 'thought')) {
        if (thoughtTokens > 0) throw this.thinks();
        thoughtTokens = THOUGHT_TOKENS;
        hasThought = true;
        continue;
      }
      this.thoughtTokens = Math.max(this.thoughtTokens, thoughtTokens);
      this.answersAtOnce = Math.max(this.answersAtOnce, reply.answers.length);
      answers = [...answers, ...reply.answers.slice(0, count - answers.length)];
    }
    return answers.map(({ text: answer, shown }) => ({
      text: shown,
      label: labelOfAnswer(answer, asks.labels),
    }));
  }

  /**
   * One request, in the dialect that the server understands.
   *
   * @returns unfinished: the server refuses an answer that ends within the model's thoughts
   */
  private async ask(
    prompt: ReturnType<typeof promptFields>,
    ask: Ask,
    signal?: AbortSignal,
  ): Promise<Reply | 'unfinished'> {
    for (;;) {
      const { dialect } = this;
      try {
        const reply = await this.pace.run(
          (left) => this.attempt({ prompt, ask, dialect, left }, signal),
          signal,
        );
        this.hasAnswered = true;
        this.fingerprint = reply.fingerprint ?? this.fingerprint;
        return reply;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (UNFINISHED.test(error.serverMessage)) {
          this.hasAnswered = true;
          return 'unfinished';
        }
        if (/logprobs|top_n_tokens/i.test(error.serverMessage) && ask.topLogprobs > 0)
          throw this.refusesLogprobs(error.serverMessage);
        const next =
          error.concerns === 'text' ? nextDialect(dialect, error.serverMessage, ask.temperature) : undefined;
        if (next === undefined) throw error;
        this.dialect = next;
      }
    }
  }

  /** @param left milliseconds until the request is given up */
  private async attempt(
    {
      prompt,
      ask,
      dialect,
      left,
    }: {
      readonly prompt: ReturnType<typeof promptFields>;
      readonly ask: Ask;
      readonly dialect: Dialect;
      readonly left: number;
    },
    signal: AbortSignal | undefined,
  ): Promise<Reply> {
    const { address, model } = this.endpoint;
    const key = checkedKey(await this.options.key());
    const value = await call({
      address,
      route: route(this.endpoint),
      body: requestBody(this.endpoint, prompt, ask, dialect),
      key,
      model,
      timeoutMs: Math.min(Math.ceil(left), this.options.timeoutMs ?? TIMEOUT_MS),
      now: () => this.options.clock.now(),
      signal,
    });
    const reply = readReply(value, redactor(key));
    if (reply === undefined) throw garbage({ address }, 'does not follow this API');
    return reply;
  }

  /**
   * Each text on its own. An error of one text is that text's failure; an error of the endpoint, or of
   * every text, fails all of them and ends the requests that are still running.
   */
  private async each<T extends object>(
    texts: readonly string[],
    signal: AbortSignal | undefined,
    work: (text: string, signal: AbortSignal) => Promise<T>,
  ): Promise<(T | Failed)[]> {
    const one = async (text: string, either: AbortSignal): Promise<T | Failed> => {
      try {
        const result = await work(text, either);
        this.failedInARow = 0;
        return result;
      } catch (error) {
        return this.failureOf(error);
      }
    };
    return endingTogether(signal, (either) => Promise.all(texts.map((text) => one(text, either))));
  }

  /**
   * The failure of one text.
   *
   * @throws errors that concern every text
   */
  private failureOf(error: unknown): Failed {
    if (error instanceof UserError) {
      // Some servers show nothing for a text that a filter stops.
      const isOfText =
        error.code === 'labels-not-shown' ||
        error.code === 'endpoint-thinks' ||
        error.code === 'endpoint-filtered' ||
        (error.code === NO_LOGPROBS && this.hasShownProbabilities);
      if (isOfText) return { reason: error.message };
    }
    if (!(error instanceof Refusal)) throw error;
    if (error.concerns === 'text') this.failedInARow = 0;
    else if (error.concerns === 'every-text' || ++this.failedInARow > HOPELESS) {
      this.failedInARow = 0;
      throw error.error;
    }
    return { reason: error.error.message };
  }

  private async asUserError<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof Refusal ? error.error : error;
    }
  }

  private checkPrompt({ name, prompt }: Asking): void {
    const { api } = this.endpoint;
    if (prompt !== 'auto' && prompt !== api)
      throw new UserError(
        'endpoint-prompt',
        `The classifier "${name}" needs a ${prompt} prompt, but ${this.sendsTextsTo} is asked by the API "${api}". Change "prompt" of the classifier or the API of the endpoint.`,
      );
  }

  /** Why no score can be read from an answer. Odd values of one text say nothing about the others. */
  private notShown({ why }: NotShown): UserError | Refusal {
    if (why === 'thought') return this.thinks();
    if (why === 'filtered') return this.filtered();
    const error = new UserError(
      NO_LOGPROBS,
      `${this.sendsTextsTo} ${NOT_SHOWN[why]} Set "method" of the classifier to "consistency", which works with every model.`,
    );
    return why === 'none' ? error : new Refusal(error, null, 'unknown');
  }

  private refusesLogprobs(words: string): UserError {
    return new UserError(
      NO_LOGPROBS,
      `${this.sendsTextsTo} refuses to show ${this.endpoint.topLogprobs} token probabilities. Ask for fewer (nearly every server accepts 5), or set "method" of the classifier to "consistency". It says: ${said(words, (text) => text)}`,
    );
  }

  private filtered(): UserError {
    return new UserError(
      'endpoint-filtered',
      `The content filter of ${this.sendsTextsTo} stopped the answer to this text.`,
    );
  }

  private thinks(): UserError {
    return new UserError(
      'endpoint-thinks',
      `${this.sendsTextsTo} thinks before it answers, and the answer ended within the thought. Turn thinking off in the server or choose a model without it; "method": "consistency" works if a thought takes fewer than ${THOUGHT_TOKENS} tokens.`,
    );
  }
}

const NOT_SHOWN: Readonly<Record<Exclude<WhyNotShown, 'thought' | 'filtered'>, string>> = {
  none: 'shows no token probabilities.',
  'one-hot': 'shows a probability for the chosen token only, so the labels cannot be compared.',
  'not-logprobs':
    'shows values that are no log-probabilities: above 0, or with a sum that no probabilities have. Have the server show log-probabilities of the model itself.',
  'token-numbers': 'names tokens by their numbers instead of their texts. Have the server show texts.',
};

/** Room for a sampled answer. */
function answerTokens({ labels }: Asking): number {
  return ANSWER_TOKENS + largest(labels.flatMap(({ spellings }) => spellings.map(({ length }) => length)));
}

/**
 * The seed of the request for the answers of a text from number `first` on, below 2^31: some servers take no larger one.
 * Every request has its own, as a server with a fixed one would draw the same answer again and again; and the other
 * texts and their order do not change it, so that shards and a resumed run ask just as a whole run does.
 */
function seedOf(seed: number, prompt: string, text: string, first: number): number {
  return hash53(JSON.stringify([seed, prompt, text, first])) % 2 ** 31;
}

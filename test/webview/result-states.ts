/** States of the result view as the host sent them in a real run, and some that are hard to bring about. */
import type { Answer } from '../../src/core/scoring/agreement';
import { agreementOf, ensembleScore } from '../../src/core/scoring/consistency';
import { headScore, multiLabelScore } from '../../src/core/scoring/head-score';
import type { CalibratedScore } from '../../src/core/calibration/calibrated-score';
import { formatPercent } from '../../src/core/words/quantities';
import type { HistoryEntry, PageState, ResultDetail, TrialState } from '../../src/protocol/result-page';

const TOKENS: readonly (readonly [string, number, string?])[] = [
  [' positive', -0.1993, 'positive'],
  [' negative', -2.3344, 'negative'],
  [' Positive', -4.3631, 'positive'],
  [' very', -4.7712],
  [' ', -5.4371],
  [' Negative', -5.6112, 'negative'],
  [' great', -5.7603],
  [' happy', -5.8496],
  [' good', -6.0021],
  [' positively', -6.2299],
  [' optimistically', -6.5432],
  [' neutral', -6.8011],
  ['\n', -6.8402],
  ['\u202e\u0007', -6.8907],
  [' <b>`|[x](y)', -7.3302],
];

const RESULT: ResultDetail = {
  id: 3,
  text: 'I love this movie!',
  said: null,
  textCut: false,
  place: 'reviews.txt, line 1',
  status: 'live',
  classifier: 'sentiment',
  model: 'gemma-3-270m-q4_k_m.gguf',
  device: 'CPU, 2 threads',
  ms: 41.7,
  batch: 1,
  at: '2026-11-22T17:13:34.000Z',
  bounds: [0.9, 0.7, 0.5, 0],
  score: {
    label: 'positive',
    confidence: 0.8923,
    tie: false,
    labels: [
      { label: 'positive', logProb: -0.1832, confidence: 0.8923 },
      { label: 'negative', logProb: -2.2984, confidence: 0.1077 },
    ],
    labelMass: 0.9331,
    mode: 'first-token',
    textTokens: 6,
    cutTokens: 0,
    tokens: TOKENS.map(([text, logProb, label], index) => ({
      rank: index + 1,
      id: 1000 + index,
      text,
      logProb,
      ...(label === undefined ? {} : { label }),
    })),
  },
};

const HISTORY: HistoryEntry[] = [
  entry(3, 'I love this movie!', 0.8923),
  entry(2, 'The plot limps, but the lead carries every scene she is in.', 0.805, { doubtful: true }),
  entry(1, 'Best worst thing ever', 0.6391, { status: 'edited' }),
  entry(0, 'Two hours of my life that I want back.', 0.7841, { status: 'replaced' }),
];

const ENSEMBLE = ensembleScore(
  RESULT.score,
  agreementOf(
    ['positive', 'negative'],
    {
      answers: [
        ...Array.from({ length: 7 }, (): Answer => ({ text: '', label: 'negative' })),
        ...Array.from({ length: 2 }, (): Answer => ({ text: '', label: 'positive' })),
        { text: 'Hm.', label: null },
      ],
      temperature: 1,
      variants: 'permuted',
    },
    undefined,
  ),
);
const TRIAL: TrialState = {
  id: 1,
  file: '.prompt-confidence/classifiers/mood.json',
  text: 'I love this movie!',
  sendsTextsTo: null,
  problem: null,
  isOutdated: false,
  result: null,
};

const RED = { name: 'manual', tone: 'red' } as const;

export const NASTY = '<img src=x onerror="document.title=\'broken\'">`|[x](command:evil)\u202e';

export const STATES = {
  empty: { result: null, history: [], busy: null, trial: null, hasModel: true },
  noModel: { result: null, history: [], busy: null, trial: null, hasModel: false },
  busy: {
    result: null,
    history: [],
    busy: 'Classifying: loading the model, 45%',
    trial: null,
    hasModel: true,
  },
  result: { result: RESULT, history: HISTORY, busy: null, trial: null, hasModel: true },
  /** Of a sequence classification model with one output. */
  outputs: {
    result: {
      ...RESULT,
      model: 'spam-model',
      score: headScore('binary', ['ham', 'spam'], { logits: [Math.log(3)], textTokens: 30, cutTokens: 8 }),
    },
    history: HISTORY,
    busy: null,
    trial: null,
    hasModel: true,
  },
  ownLabels: {
    result: {
      ...RESULT,
      model: 'abuse-model',
      score: multiLabelScore([{ name: 'toxic', threshold: 0.3 }, { name: 'insult' }, { name: 'threat' }], {
        logits: [Math.log(3), Math.log(4), -Math.log(4)],
        textTokens: 9,
        cutTokens: 0,
      }),
      calibration: {
        kind: 'each',
        labels: [{ label: 'toxic', confidence: 0.4, by: 'toxic-platt', notes: [] }],
      },
    },
    history: HISTORY,
    busy: null,
    trial: null,
    hasModel: true,
  },
  calibrated: {
    result: {
      ...RESULT,
      id: 5,
      calibration: calibration({
        label: 'negative',
        confidence: 0.8421,
        labels: [
          { label: 'positive', confidence: 0.1579 },
          { label: 'negative', confidence: 0.8421 },
        ],
        labelChanged: true,
        bucket: { name: 'review', tone: 'yellow' },
      }),
    },
    history: [
      entry(5, 'I love this movie!', 0.8421, {
        label: 'negative',
        bucket: { name: 'review', tone: 'yellow' },
      }),
      entry(6, 'Fine.', 0.9312, { bucket: { name: 'automatic', tone: 'green' } }),
      entry(7, 'Hm.', 0.5512, { bucket: { name: 'manual check', tone: 'orange' } }),
      entry(8, 'Best worst thing ever', 0.3391, {
        bucket: { name: 'manual', tone: 'red' },
        doubtful: true,
      }),
    ],
    busy: null,
    trial: null,
    hasModel: true,
  },
  /** Drawn answers and token probability together, which do not agree. */
  ensemble: {
    result: { ...RESULT, score: ENSEMBLE },
    history: HISTORY,
    busy: null,
    trial: null,
    hasModel: true,
  },
  /** Of the confidence alone, and on another backend. */
  likelier: {
    result: {
      ...RESULT,
      id: 9,
      calibration: calibration(
        {
          on: 'confidence',
          confidence: 0.4312,
          anotherLikelier: true,
          bucket: RED,
        },
        ['The backend differs: fitted with cuda; here cpu.'],
      ),
    },
    history: [entry(9, 'I love this movie!', 0.4312, { bucket: RED, doubtful: true }), ...HISTORY],
    busy: null,
    trial: null,
    hasModel: true,
  },
  refused: {
    result: {
      ...RESULT,
      id: 10,
      calibration: {
        kind: 'raw',
        reason:
          'Not calibrated by reviews: The prompt differs: fitted with c97a0bdfe13e…; here 11aa0bdfe13e….',
      },
    },
    history: [entry(10, 'I love this movie!', 0.8923, { doubtful: true }), ...HISTORY],
    busy: null,
    trial: null,
    hasModel: true,
  },
  /** A classifier file that is tried, with a result. */
  trial: {
    result: RESULT,
    history: HISTORY,
    busy: null,
    trial: { ...TRIAL, result: { ...RESULT, id: -1, place: '' } },
    hasModel: true,
  },
  /** A broken file. */
  trialProblem: {
    result: RESULT,
    history: HISTORY,
    busy: null,
    trial: { ...TRIAL, id: 2, problem: 'mood.json is not valid JSON: Unexpected end of JSON input' },
    hasModel: true,
  },
  /** A model somewhere else, which is asked only on a click. */
  trialElsewhere: {
    result: null,
    history: [],
    busy: null,
    trial: { ...TRIAL, id: 3, sendsTextsTo: 'endpoint:far' },
    hasModel: true,
  },
  doubtful: {
    result: {
      ...RESULT,
      id: 4,
      text: 'Der Text ist länger, als der Klassifikator annimmt.\n'.repeat(12),
      textCut: true,
      note: 'Nothing was selected: this is the line of the cursor.',
      status: 'edited',
      batch: 3,
      ms: 1412,
      score: {
        label: 'Bewertungsdurchschnittswertüberschreitung',
        confidence: 0.4,
        tie: true,
        labels: [
          { label: 'Bewertungsdurchschnittswertüberschreitung', logProb: -6.9, confidence: 0.4 },
          { label: 'negative', logProb: -6.9, confidence: 0.4 },
          { label: NASTY, logProb: -7.59, confidence: 0.2 },
          { label: 'neutral', logProb: -Number.MAX_VALUE, confidence: 0 },
        ],
        labelMass: 0.0025,
        mode: 'sequence',
        textTokens: 400,
        cutTokens: 120,
      },
    },
    history: [entry(4, NASTY, 0.4, { label: NASTY, doubtful: true }), ...HISTORY],
    busy: 'Classifying the lines of reviews.txt: 64 of 340',
    trial: null,
    hasModel: true,
  },
} satisfies Record<string, PageState>;

const LONG_NAME = 'x'.repeat(1000);
const LONG_LABELS = [LONG_NAME, 'a label of many words '.repeat(46)] as const;

/** Names as long as somebody cares to make them. */
export const LONG_NAMES: PageState = {
  ...STATES.calibrated,
  result: {
    ...RESULT,
    place: `${LONG_NAME}.txt, line 1`,
    classifier: LONG_NAME,
    model: LONG_NAME,
    score: {
      ...RESULT.score,
      label: LONG_LABELS[0],
      labels: LONG_LABELS.map((label) => ({ label, logProb: -1, confidence: 0.5 })),
    },
    calibration: calibration({
      label: LONG_LABELS[0],
      labels: LONG_LABELS.map((label) => ({ label, confidence: 0.5 })),
      bucket: { name: LONG_NAME, tone: 'orange' },
    }),
  },
  history: [entry(3, LONG_NAME, 0.5, { label: LONG_NAME, place: LONG_NAME })],
};

function calibration(
  change: Partial<CalibratedScore>,
  warnings: readonly string[] = [],
): NonNullable<ResultDetail['calibration']> {
  return {
    kind: 'calibrated',
    by: {
      name: 'reviews',
      file: '.prompt-confidence/calibrators/reviews.json',
      method: 'beta',
      on: change.on ?? 'labels',
      n: 2000,
      measured: { accuracy: 0.879, confidence: 0.876, ece: 0.017 },
    },
    score: {
      on: 'labels',
      label: 'positive',
      confidence: 0.9123,
      labels: null,
      labelChanged: false,
      anotherLikelier: false,
      bucket: { name: 'automatic', tone: 'green' },
      ...change,
    },
    warnings,
    notes: warnings.length > 0 ? ['Fitted with cuda; here cpu.'] : [],
  };
}

function entry(
  id: number,
  excerpt: string,
  confidence: number,
  more: Partial<HistoryEntry> = {},
): HistoryEntry {
  return {
    id,
    excerpt,
    place: `reviews.txt, line ${id + 1}`,
    status: 'live',
    label: 'positive',
    percent: formatPercent(confidence),
    doubtful: false,
    ...more,
  };
}

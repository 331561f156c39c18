import assert from 'node:assert/strict';
import { agreementOf, ensembleScore } from '../../../src/core/scoring/consistency';
import { labelScores, type Score } from '../../../src/core/scoring/score';
import { ENGINE_CONTRACT } from '../../../src/protocol/engine';
import { RESULT_PAGE_CONTRACT } from '../../../src/protocol/result-page';

/** As JSON carries it. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** An ensemble in which one label and one token are impossible. */
function impossible(): Score {
  const names = ['yes', 'no'];
  const token: Score = {
    ...labelScores(names, [Math.log(0.9), -Infinity]),
    mode: 'first-token',
    textTokens: 3,
    cutTokens: 0,
    tokens: [{ rank: 1, id: 7, text: 'no', logProb: -Infinity }],
  };
  const answers = Array.from({ length: 4 }, () => ({ text: 'yes', label: 'yes' }));
  return ensembleScore(
    token,
    agreementOf(names, { answers, temperature: 1, variants: 'plain' }, token.labels),
  );
}

const { run, show } = RESULT_PAGE_CONTRACT.host;
const { state } = RESULT_PAGE_CONTRACT.page;

describe('the messages of the result view', () => {
  it('run no commands but those of the page', () => {
    assert.deepEqual(run.params.parse({ command: 'classifySelection' }), {
      command: 'classifySelection',
    });
    assert.throws(() => run.params.parse({ command: 'workbench.action.quit' }));
    assert.throws(() => run.params.parse({}));
  });

  it('name a result by its number', () => {
    assert.deepEqual(show.params.parse({ id: 3 }), { id: 3 });
    assert.throws(() => show.params.parse({ id: '3' }));
  });

  it('carry impossible labels and tokens, like those of the engine', () => {
    const score = impossible();
    assert.equal(score.tokenLabels?.[1]?.logProb, -Infinity);
    const result = {
      id: 1,
      text: 'a',
      said: null,
      textCut: false,
      place: 'a.txt, line 1',
      status: 'live',
      classifier: 'c',
      model: 'm',
      device: 'CPU',
      ms: 1,
      batch: 1,
      at: '2026-01-02T03:04:05Z',
      bounds: [0.5, 0.7, 0.9],
      score,
    };
    const whole = { result, history: [], busy: null, trial: null, hasModel: true };
    assert.deepEqual(state.params.parse(sent(whole)), whole);
    assert.deepEqual(state.params.parse(whole), whole);

    const shape = {
      prompt: 'chat',
      sequences: 1,
      contextTokens: 1,
      batchTokens: 1,
      prefixTokens: 1,
      padding: 1,
      flashAttention: false,
      swaFullCache: false,
    };
    const answer = { shape, scores: [score] };
    assert.deepEqual(ENGINE_CONTRACT.engine.score.result.parse(sent(answer)), answer);
  });

  it('carry a state that is whole', () => {
    const empty = { result: null, history: [], busy: null, trial: null, hasModel: false };
    assert.deepEqual(state.params.parse(empty), empty);
    assert.ok(!state.params.safeParse({ ...empty, history: [{}] }).success);
    assert.ok(!state.params.safeParse(undefined).success);
  });
});

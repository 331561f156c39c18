import assert from 'node:assert/strict';
import { RESULT_PAGE_CONTRACT } from '../../../src/protocol/result-page';

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

  it('carry a state that is whole', () => {
    const empty = { result: null, history: [], busy: null, hasModel: false };
    assert.deepEqual(state.params.parse(empty), empty);
    assert.ok(!state.params.safeParse({ ...empty, history: [{}] }).success);
    assert.ok(!state.params.safeParse(undefined).success);
  });
});

import assert from 'node:assert/strict';
import { idParamsSchema, pageStateSchema, runParamsSchema } from '../../../src/protocol/result-page';

describe('the messages of the result view', () => {
  it('run no commands but those of the page', () => {
    assert.deepEqual(runParamsSchema.parse({ command: 'classifySelection' }), {
      command: 'classifySelection',
    });
    assert.throws(() => runParamsSchema.parse({ command: 'workbench.action.quit' }));
    assert.throws(() => runParamsSchema.parse({}));
  });

  it('name a result by its number', () => {
    assert.deepEqual(idParamsSchema.parse({ id: 3 }), { id: 3 });
    assert.throws(() => idParamsSchema.parse({ id: '3' }));
  });

  it('carry a state that is whole', () => {
    const empty = { result: null, history: [], busy: null, hasModel: false };
    assert.deepEqual(pageStateSchema.parse(empty), empty);
    assert.ok(!pageStateSchema.safeParse({ ...empty, history: [{}] }).success);
    assert.ok(!pageStateSchema.safeParse(undefined).success);
  });
});

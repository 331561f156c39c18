import assert from 'node:assert/strict';
import { stillNeeded } from '../../../src/core/labelling/goal';
import { labelsForWidth } from '../../../src/core/labelling/plan';

const reached = (labelled: number, accuracy: number | null, worth = labelled) => ({
  ...{ labelled, worth, accuracy },
});

describe('the rows that a goal still needs', () => {
  it('are those of the worst case before the accuracy is known, and fewer where the model is mostly right', () => {
    const goal = { kind: 'width', width: 0.1 } as const;
    assert.equal(stillNeeded(goal, reached(0, null)), labelsForWidth(0.1));
    assert.equal(stillNeeded(goal, reached(19, 0.9)), (labelsForWidth(0.1) ?? 0) - 19);
    assert.equal(stillNeeded(goal, reached(50, 0.9)), (labelsForWidth(0.1, 0.9) ?? 0) - 50);
    assert.equal(stillNeeded(goal, reached(400, 0.9)), 0);
  });

  it('count by what the labels of the design are worth', () => {
    const goal = { kind: 'width', width: 0.1 } as const;
    const plain = stillNeeded(goal, reached(60, 0.8)) ?? 0;
    const weighted = stillNeeded(goal, reached(60, 0.8, 30)) ?? 0;
    assert.equal(weighted, 2 * (plain + 30));
  });

  it('are none that anybody could label where the accuracy so far does not pass the gate', () => {
    const goal = { kind: 'gate', limit: 0.85 } as const;
    assert.ok((stillNeeded(goal, reached(0, null)) ?? 0) > 100);
    assert.equal(stillNeeded(goal, reached(80, 0.8)), null);
    assert.equal(stillNeeded(goal, reached(1000, 0.95)), 0);
  });

  it('of a calibrator are enough right and wrong ones', () => {
    const goal = { kind: 'calibrator' } as const;
    assert.equal(stillNeeded(goal, reached(0, null)), 100);
    assert.equal(stillNeeded(goal, reached(100, 0.9)), 100);
    assert.equal(stillNeeded(goal, reached(100, 0.1)), 100);
    // All were right so far.
    assert.ok((stillNeeded(goal, reached(38, 1)) ?? 0) > 500);
  });
});

import { assignFolds } from '../model/folds';
import { type PredictionData, SPLIT_FIT, SPLIT_TEST } from '../model/predictions';
import { rowCount, rowsWhere, selectRows, strataOf } from '../model/rows';
import { seededRandom } from '../random';

/** Two halves, groups whole and classes balanced; or the parts of the split column. */
export function halves<T extends PredictionData>(data: T, seed: number): { choosing: T; scoring: T } {
  const n = rowCount(data);
  const { split } = data;
  const part = (isIn: (row: number) => boolean) => selectRows(data, rowsWhere(n, isIn));
  if (split !== undefined)
    return {
      choosing: part((row) => split[row] === SPLIT_FIT),
      scoring: part((row) => split[row] === SPLIT_TEST),
    };
  const { folds } = assignFolds({
    n,
    strata: strataOf(data),
    group: data.group,
    count: 2,
    random: seededRandom(seed),
  });
  return { choosing: part((row) => folds[row] === 0), scoring: part((row) => folds[row] === 1) };
}

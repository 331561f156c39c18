/** What two runs that agree write beside their tables. */
import assert from 'node:assert/strict';
import { scoreMetaSchema } from '../../src/store/tables/score-meta';

/** A meta.json without how long the scores took, which is never the same twice; there must be such a time in it. */
export function withoutSeconds(meta: string): string {
  const { seconds = {}, ...conditions } = scoreMetaSchema.parse(JSON.parse(meta));
  const times = Object.values(seconds);
  assert.ok(times.length > 0 && times.every((time) => time > 0), JSON.stringify(seconds));
  return JSON.stringify(conditions, null, 2);
}

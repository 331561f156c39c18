import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../support/paths';

describe('the manifest', () => {
  const { activationEvents } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    activationEvents: string[];
  };

  it('activates the extension neither always nor by a search of every workspace', () => {
    assert.ok(activationEvents.length > 0);
    assert.deepEqual(
      activationEvents.filter((event) => event === 'onStartupFinished' || /[*?{]/u.test(event)),
      [],
    );
  });
});

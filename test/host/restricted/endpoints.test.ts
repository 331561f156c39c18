import assert from 'node:assert/strict';
import { classifierFrom } from '../../../src/core/classifier/definition';
import { internals, scoreTexts, setMachineSetting } from '../internals';

describe('endpoints in a restricted workspace', () => {
  after(() => setMachineSetting('endpoints', undefined));

  it('are not asked, though the machine has them', async () => {
    const { services } = await internals();
    await setMachineSetting('endpoints', [
      { url: 'http://localhost:9', api: 'chat', model: 'tiny', name: 'local' },
    ]);
    for (const source of ['endpoint:local', 'editor']) {
      const classifier = classifierFrom(
        { version: 1, name: 'theirs', template: '{{text}}', labels: [{ name: 'a' }, { name: 'b' }], source },
        'test',
      );
      await assert.rejects(scoreTexts(services, classifier, ['Text'], { topTokens: 0 }), {
        code: 'source-untrusted',
      });
    }
  });
});

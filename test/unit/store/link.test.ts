import assert from 'node:assert/strict';
import { linkHost } from '../../../src/store/link';

describe('a link that somebody else wrote', () => {
  it('shows the host that it really leads to', () => {
    assert.equal(linkHost('https://example.com/terms'), 'example.com');
    assert.equal(linkHost('https://huggingface.co@example.com/'), 'example.com');
    assert.equal(linkHost('https://example.com\\@huggingface.co/'), 'example.com');
    assert.equal(linkHost('https://ex\u0430mple.com/'), 'xn--exmple-4nf.com');
  });

  it('leads nowhere unless it is https', () => {
    for (const link of [
      'http://example.com/',
      'file:///etc/passwd',
      'command:workbench.action.terminal.new',
      'vscode://a.b/c',
      'javascript:alert(1)',
      'data:text/html,a',
      '//example.com',
      'example.com',
      '',
    ])
      assert.equal(linkHost(link), undefined, link);
  });
});

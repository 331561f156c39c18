import assert from 'node:assert/strict';
import fc from 'fast-check';
import { UserError } from '../../../../src/core/user-error';
import { checkedKey, keyProblem, redactor } from '../../../../src/sources/endpoint/key';
import { assertNoCanary } from '../../../support/canary';

const KEY = 'sk-Canary+4f/9_Zq~7=Xw"Lm';

describe('the key of an endpoint', () => {
  it('is refused if it cannot travel in a header, and is not in the message', () => {
    for (const broken of [
      `${KEY}\n`,
      `${KEY}\r\nx-evil: 1`,
      `${KEY} ${KEY}`,
      `${KEY}\u200b`,
      `${KEY}é`,
      `\u0000${KEY}`,
    ]) {
      assert.notEqual(keyProblem(broken), undefined);
      assert.throws(
        () => checkedKey(broken),
        (error) => {
          assert.ok(error instanceof UserError);
          assert.equal(error.code, 'endpoint-key');
          assertNoCanary(KEY, { message: error.message, stack: error.stack ?? '' });
          return true;
        },
      );
    }
    assert.equal(checkedKey(KEY), KEY);
    assert.equal(checkedKey(''), undefined);
    assert.equal(checkedKey(undefined), undefined);
  });

  it('is taken out of a text in every form', () => {
    const redact = redactor(KEY);
    const percent = (sign: string): string => `%${Buffer.from(sign).toString('hex')}`;
    const forms = [
      KEY,
      KEY.slice(3, 12),
      KEY.slice(-8),
      `Bearer ${KEY}`,
      encodeURIComponent(KEY),
      encodeURIComponent(KEY).toLowerCase(),
      KEY.replace(/\W/gu, percent),
      KEY.replace(/./gu, percent),
      KEY.replace(/./gu, percent).toUpperCase(),
      Buffer.from(KEY).toString('hex').toUpperCase(),
      JSON.stringify({ key: KEY }),
      Buffer.from(KEY).toString('hex'),
      ...['', 'x', 'user:', 'Bearer '].map((before) => Buffer.from(`${before}${KEY}@`).toString('base64')),
      Buffer.from(KEY).toString('base64url'),
    ];
    for (const form of forms) assertNoCanary(KEY, { [form]: redact(`before ${form} after`) });
    assert.equal(redact(`Incorrect key: ${KEY}. Get one.`), 'Incorrect key: …. Get one.');
    assert.equal(redact(`${KEY}${KEY}`), '…');
    assert.equal(redactor(undefined)(KEY), KEY);
    assert.equal(redactor('k')('no key'), 'no …ey');
  });

  it('leaves nothing of eight characters, wherever a text is cut, and nothing else is taken', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.nat(KEY.length), fc.nat(KEY.length), (words, from, to) => {
        const part = KEY.slice(Math.min(from, to), Math.max(from, to));
        assertNoCanary(KEY, { text: redactor(KEY)(`${words}${part}${words}`) });
        assert.equal(redactor('0123456789abcdef')(words), words);
      }),
      { numRuns: 2000 },
    );
  });
});

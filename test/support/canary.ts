/** A secret that a test gives away on purpose, to look for it in everything that is shown and written. */
import assert from 'node:assert/strict';

/** Characters in a row that count as a find. */
const PART = 8;

function inBothCases(text: string): string[] {
  return [text, text.toUpperCase()];
}

/** @throws AssertionError if a text holds a secret or eight characters of it: plain, in base64 or URL encoding */
export function assertNoCanary(secret: string, texts: Readonly<Record<string, string>>): void {
  const base64 = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]).toString('base64');
    // Only characters that nothing but the secret decides.
    return encoded.slice(Math.ceil((before * 4) / 3), Math.floor(((before + secret.length) * 4) / 3));
  });
  const forms = [
    secret,
    ...base64,
    ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
    encodeURIComponent(secret),
    ...[secret.replace(/./gu, (sign) => `%${Buffer.from(sign).toString('hex')}`)].flatMap(inBothCases),
    ...inBothCases(Buffer.from(secret).toString('hex')),
  ];
  for (const [name, text] of Object.entries(texts))
    for (const form of forms)
      for (let at = 0; at + PART <= form.length; at++) {
        const part = form.slice(at, at + PART);
        assert.ok(!text.includes(part), `${name} holds "${part}" of the secret: ${text.slice(0, 500)}`);
      }
}

/** The key of an endpoint: which texts can be one, and how it is kept out of what is shown and written. */
import { UserError } from '../../core/user-error';

/** Characters of a key that must not be shown together. Fewer of them are common to many texts. */
const PART = 8;

/**
 * Why a text cannot be a key, in a sentence without the text; undefined if it can be one. A key travels in a header,
 * which takes no line break and nothing but ASCII.
 */
export function keyProblem(text: string): string | undefined {
  return /^[!-~]*$/u.test(text)
    ? undefined
    : 'A key has only letters, digits and signs of ASCII, without spaces and line breaks. Copy it again.';
}

/**
 * @returns undefined for no key, which an empty one means
 * @throws UserError endpoint-key: it cannot be a key; the message does not hold it
 */
export function checkedKey(text: string | undefined): string | undefined {
  const problem = keyProblem(text ?? '');
  if (problem !== undefined)
    throw new UserError('endpoint-key', `The key of the endpoint cannot be used. ${problem}`);
  return text === '' ? undefined : text;
}

/** Takes a key out of a text. */
export type Redact = (text: string) => string;

/**
 * Makes a function that replaces a key by "…": the whole key, every part of it from eight characters on, and the same in
 * base64, hexadecimal and URL encoding. Use it before a text is cut, because a cut key is no longer found whole.
 */
export function redactor(key: string | undefined): Redact {
  if (key === undefined || key === '') return (text) => text;
  const length = Math.min(PART, key.length);
  const parts = new Set(formsOf(key).flatMap((form) => partsOf(form, length)));
  return (text) => {
    let out = '';
    let from = 0;
    let at = 0;
    while (at + length <= text.length) {
      if (!parts.has(text.slice(at, at + length))) {
        at++;
        continue;
      }
      let end = at + length;
      // The next part overlaps with this one, so that all of a key becomes one mark.
      for (let next = at + 1; next <= end; next++)
        if (parts.has(text.slice(next, next + length))) end = next + length;
      out += `${text.slice(from, at)}…`;
      from = at = end;
    }
    return out + text.slice(from);
  };
}

/** A key as it is written in places of all kinds. */
function formsOf(key: string): readonly string[] {
  const base64 = [0, 1, 2].flatMap((before) => {
    // What stands before the key in the encoded text shifts its bits: there are three ways to write it.
    const text = Buffer.concat([Buffer.alloc(before), Buffer.from(key)]).toString('base64');
    const own = text.slice(Math.ceil((before * 4) / 3), Math.floor(((before + key.length) * 4) / 3));
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const hex = Buffer.from(key).toString('hex');
  const inJson = JSON.stringify(key).slice(1, -1);
  // Programs differ in which signs they leave as they are in an address; some encode every character.
  const urls = [/[^\w.~!*'()-]/gu, /[^\w.~-]/gu, /[^\w./-]/gu, /\W/gu, /./gu].flatMap((signs) => {
    const url = key.replace(signs, (sign) => `%${Buffer.from(sign).toString('hex')}`);
    return [url, url.replace(/%../gu, (code) => code.toUpperCase())];
  });
  return [key, ...base64, hex, hex.toUpperCase(), ...urls, inJson];
}

function partsOf(form: string, length: number): string[] {
  return Array.from({ length: Math.max(0, form.length - length + 1) }, (_, at) =>
    form.slice(at, at + length),
  );
}

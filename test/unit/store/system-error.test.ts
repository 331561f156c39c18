import assert from 'node:assert/strict';
import { systemErrorInWords } from '../../../src/store/system-error';

describe('an error of the system', () => {
  const failed = (code: string, more: object = {}): Error =>
    Object.assign(new Error(`${code}: what the system says, read`), { code, syscall: 'read', ...more });

  it('is a sentence that says what to do, without the code', () => {
    for (const code of ['EIO', 'ELOOP', 'ENOTDIR', 'ENAMETOOLONG', 'ENOSPC', 'EACCES', 'EMFILE', 'EROFS'])
      for (const [more, file] of [
        [{}, 'A file'],
        [{ path: 'in.csv' }, 'in.csv'],
      ] as const) {
        const words = systemErrorInWords(failed(code, more)) ?? '';
        assert.ok(words.startsWith(`${file} cannot be used: `) && words.endsWith('.'), words);
        assert.doesNotMatch(words, /E[A-Z]{2,}/);
      }
  });

  it('is quoted where it is not known, and is not what our own defects are', () => {
    assert.match(systemErrorInWords(failed('EODD')) ?? '', /^The system reported an error: EODD/);
    assert.equal(systemErrorInWords(new Error('a defect')), undefined);
  });
});

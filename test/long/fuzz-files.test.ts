import { FILE_KINDS, fileKinds, fuzz } from '../support/fuzz-files';
import { sharedFolder, sharedJobs } from '../support/temporary';

/** In all; the unit tests have 2,000. */
const CASES = Math.ceil(100_000 / FILE_KINDS.length);

describe('a file that somebody else wrote', () => {
  const folder = sharedFolder();
  sharedJobs();
  let kinds: Awaited<ReturnType<typeof fileKinds>>;
  before(async () => {
    kinds = await fileKinds(folder());
  });

  for (const name of FILE_KINDS)
    it(`is read or refused with a sentence: ${name}`, () => fuzz(kinds[name], CASES));
});

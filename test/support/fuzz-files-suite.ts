import { FILE_KINDS, fileKinds, fuzz } from './fuzz-files';
import { sharedFolder, sharedJobs } from './temporary';

/** @param cases of all kinds together */
export function suiteOfFuzzedFiles(cases: number): void {
  describe('a file that somebody else wrote', () => {
    const folder = sharedFolder();
    sharedJobs();
    let kinds: Awaited<ReturnType<typeof fileKinds>>;
    before(async () => {
      kinds = await fileKinds(folder());
    });

    for (const name of FILE_KINDS)
      it(`is read or refused with a sentence: ${name}`, () =>
        fuzz(kinds[name], Math.ceil(cases / FILE_KINDS.length)));
  });
}

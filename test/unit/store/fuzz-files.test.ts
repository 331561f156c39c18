import { suiteOfFuzzedFiles } from '../../support/fuzz-files-suite';

// test/long has 100,000.
suiteOfFuzzedFiles(2_000);

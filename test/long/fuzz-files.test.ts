import { suiteOfFuzzedFiles } from '../support/fuzz-files-suite';

suiteOfFuzzedFiles(100_000);

/** Returns memory that node-llama-cpp holds until the next garbage collection. */
import v8 from 'node:v8';
import vm from 'node:vm';

/** Bytes that may be waiting before the collector is called. */
const WAITING_BYTES = 128 * 1024 * 1024;

/** Size of one candidate in llama.cpp: token id, logit and probability, four bytes each. */
const CANDIDATE_BYTES = 12;

/**
 * Every distribution that is read allocates a list of all candidate tokens outside of the JavaScript heap (3 MB for a
 * vocabulary of 262,144), freed only when its small wrapper is collected. The collector does not know that it is
 * large, so without a call the process grew by gigabytes over a table.
 */
export class Reclaim {
  private readonly collect: () => void;
  private waiting = 0;

  constructor(private readonly vocabularySize: number) {
    // The public way to the collector without a flag on the command line of the process.
    v8.setFlagsFromString('--expose-gc');
    this.collect = vm.runInNewContext('gc') as () => void;
  }

  /** Reports that this many distributions were read. */
  read(count: number): void {
    this.waiting += count * this.vocabularySize * CANDIDATE_BYTES;
    if (this.waiting < WAITING_BYTES) return;
    this.waiting = 0;
    this.collect();
  }
}

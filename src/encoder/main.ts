/** Entry of the process for sequence classification models: messages in, messages out. */
import { connectToParent } from '../child/parent';
import { ENCODER_CONTRACT } from '../protocol/encoder';
import { Encoder } from './encoder';

const { peer } = connectToParent();
const encoder = new Encoder();
peer.serve(ENCODER_CONTRACT.encoder, {
  load: (options) => encoder.load(options),
  outputs: ({ texts }, token) => encoder.outputs(texts, () => token.isCancellationRequested),
});

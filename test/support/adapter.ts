/** Adapters in a workspace, for tests. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PromptClassifier } from '../../src/core/classifier/definition';
import { adapterCard, type AdapterCard } from '../../src/core/model/adapter-card';
import { adapterFile, cardFile } from '../../src/store/adapters';
import { sha256Of } from '../../src/store/models';
import { promptSha256 } from '../../src/store/prompt-hash';
import { fixture } from './paths';

/** Rank 1, seeded: they teach nothing, and only change what a model answers. */
export const GEMMA_ADAPTER = fixture(path.join('adapters', 'gemma-rank1.gguf'));
export const TINY_ADAPTER = fixture(path.join('adapters', 'tiny-chat-rank1.gguf'));

/**
 * Puts an adapter with its card into a workspace.
 *
 * @param base path of the model that the card names
 * @returns the card
 */
export async function writeAdapter(
  workspace: string,
  name: string,
  {
    bytes,
    base,
    classifier,
  }: { readonly bytes: Buffer; readonly base: string; readonly classifier: PromptClassifier },
): Promise<AdapterCard> {
  const file = adapterFile(workspace, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
  const card = adapterCard({
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    base: { name: path.basename(base), sha256: await sha256Of(base) },
    promptSha256: promptSha256(classifier, undefined),
    labels: classifier.labels.map((label) => label.name),
    tuning: null,
    versions: {},
    time: '2026-01-01T00:00:00Z',
  });
  await writeFile(cardFile(file), JSON.stringify(card));
  return card;
}

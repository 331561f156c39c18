import type * as vscode from 'vscode';
import type { Bucket } from '../core/model/buckets';
import type { Services } from './services';
import { bucketsFor, readBuckets } from './settings';

/**
 * The buckets of the classifier of this name; those of the setting where it is gone.
 *
 * @param uri document or table that they are for
 */
export async function bucketsNamed(
  { classifiers }: Pick<Services, 'classifiers'>,
  name: string,
  uri: vscode.Uri,
): Promise<readonly Bucket[]> {
  const classifier = await classifiers.get(name).catch(() => undefined);
  return classifier === undefined ? readBuckets(uri).buckets : bucketsFor(classifier, uri);
}

/** Classifier files for the command line; the editor reads them through its own file system. */
import path from 'node:path';
import { BUILTIN_CLASSIFIERS } from '../core/classifier/builtin';
import { parseClassifier, type Classifier } from '../core/classifier/definition';
import { UserError } from '../core/user-error';
import { namesIn } from './folders';
import { readSmall } from './read-regular';

const CLASSIFIER_FOLDER = path.join('.prompt-confidence', 'classifiers');

export interface FoundClassifier {
  readonly classifier: Classifier;
  /** The folder whose `.prompt-confidence` holds what the classifier names. */
  readonly workspace: string;
}

/**
 * Finds a classifier by the path of its file or by its name, in `folder`/.prompt-confidence/classifiers or
 * among the built-in ones.
 *
 * @throws UserError `classifier-missing`, `classifier-invalid`, `classifier-newer`, not-a-file, too-large
 */
export async function findClassifier(nameOrPath: string, folder: string): Promise<FoundClassifier> {
  if (!nameOrPath.endsWith('.json'))
    return { classifier: await findByName(nameOrPath, folder), workspace: folder };
  const file = path.resolve(folder, nameOrPath);
  const own = path.resolve(file, '..', '..', '..');
  const isInWorkspace = path.dirname(file) === path.join(own, CLASSIFIER_FOLDER);
  return { classifier: await readClassifier(file), workspace: isInWorkspace ? own : folder };
}

async function findByName(nameOrPath: string, folder: string): Promise<Classifier> {
  const location = path.join(folder, CLASSIFIER_FOLDER);
  const broken: unknown[] = [];
  const files = (await namesIn(location)).filter((name) => name.endsWith('.json')).sort();
  for (const file of files) {
    try {
      const classifier = await readClassifier(path.join(location, file));
      if (classifier.name === nameOrPath) return classifier;
    } catch (error) {
      if (file === `${nameOrPath}.json`) throw error;
      broken.push(error);
    }
  }
  const builtin = BUILTIN_CLASSIFIERS.find((classifier) => classifier.name === nameOrPath);
  if (builtin !== undefined) return builtin;
  const names = BUILTIN_CLASSIFIERS.map((classifier) => classifier.name).join(', ');
  const unread = broken.length > 0 ? ` ${broken.length} files there could not be read.` : '';
  throw new UserError(
    'classifier-missing',
    `There is no classifier "${nameOrPath}" in ${location} or among the built-in ones (${names}).${unread}`,
  );
}

async function readClassifier(file: string): Promise<Classifier> {
  const text = await readSmall(file);
  if (text === undefined) throw new UserError('classifier-missing', `There is no classifier file ${file}.`);
  return parseClassifier(text.toString(), file);
}

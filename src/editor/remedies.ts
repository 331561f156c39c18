/** What a person in the editor can do about an error, by its code: buttons beside the error's own message. */
import type { ErrorCode } from '../core/error-codes';
import { COMMANDS, settingId } from '../protocol/manifest';

type CommandCall = readonly [command: string, ...arguments: string[]];

/** What each button runs, with its arguments. */
const ACTIONS = {
  'Choose Classifier…': [COMMANDS.chooseClassifier],
  'Choose Model…': [COMMANDS.chooseModel],
  'Choose a File…': [COMMANDS.chooseModel, 'file'],
  'Add Model Folder…': [COMMANDS.chooseModel, 'folder'],
  'Add Endpoint…': [COMMANDS.addEndpoint],
  'Edit Endpoints': ['workbench.action.openSettings', settingId('endpoints')],
  'Set Key…': [COMMANDS.setEndpointKey],
  'Download Model…': [COMMANDS.downloadModel],
  'Import Predictions…': [COMMANDS.importPredictions],
  'Open Calibration Panel': [COMMANDS.openCalibration],
  'Manage Workspace Trust': ['workbench.trust.manage'],
  'Restart Engine': [COMMANDS.restartEngine],
  'Show Log': [COMMANDS.showLog],
} as const satisfies Readonly<Record<string, CommandCall>>;
type Action = keyof typeof ACTIONS;

const CLASSIFIER = ['Choose Classifier…'] as const;
const ENDPOINT = ['Edit Endpoints', 'Show Log'] as const;
const ENGINE = ['Restart Engine', 'Show Log'] as const;
const KEY = ['Set Key…', 'Edit Endpoints'] as const;
const FOLDER = ['Add Model Folder…', 'Show Log'] as const;
const MODEL = ['Choose Model…'] as const;
/** Somebody who cannot download a model may have its file. */
const DOWNLOAD = ['Choose a File…', 'Show Log'] as const;

/** The likeliest remedy comes first. An empty list: the message is enough. */
const REMEDIES: Readonly<Partial<Record<ErrorCode, readonly Action[]>>> = {
  'chat-template': ['Choose Model…', 'Choose Classifier…'],
  'chat-template-slow': ['Choose Model…', 'Choose Classifier…'],
  'classifier-changed': CLASSIFIER,
  'classifier-exists': CLASSIFIER,
  'classifier-invalid': CLASSIFIER,
  'classifier-missing': CLASSIFIER,
  'classifier-newer': CLASSIFIER,
  'classifier-unreadable': CLASSIFIER,
  'classifier-unsaved': CLASSIFIER,
  'classifier-unwritable': CLASSIFIER,
  'download-answer': DOWNLOAD,
  'download-denied': DOWNLOAD,
  'download-interrupted': DOWNLOAD,
  'download-not-found': DOWNLOAD,
  'download-refused': DOWNLOAD,
  'download-unreachable': DOWNLOAD,
  'encoder-config': [],
  'encoder-files': FOLDER,
  'encoder-labels': [],
  'encoder-missing': FOLDER,
  'encoder-onnx': FOLDER,
  'encoder-platform': [],
  'encoder-problem': [],
  'encoder-tokenizer': FOLDER,
  'endpoint-answer-large': ENDPOINT,
  'endpoint-busy': ENDPOINT,
  'endpoint-cut': ENDPOINT,
  'endpoint-filtered': ENDPOINT,
  'endpoint-garbage': ENDPOINT,
  'endpoint-insecure': ENDPOINT,
  'endpoint-invalid': ENDPOINT,
  'endpoint-key': KEY,
  'endpoint-missing': ['Add Endpoint…', 'Edit Endpoints'],
  'endpoint-no-logprobs': ENDPOINT,
  'endpoint-not-found': ENDPOINT,
  'endpoint-prompt': ENDPOINT,
  'endpoint-quota': KEY,
  'endpoint-redirect': ENDPOINT,
  'endpoint-refused': ENDPOINT,
  'endpoint-server': ENDPOINT,
  'endpoint-thinks': ENDPOINT,
  'endpoint-timeout': ENDPOINT,
  'endpoint-tls': ENDPOINT,
  'endpoint-unreachable': ENDPOINT,
  'engine-crashed': ENGINE,
  'engine-down': ENGINE,
  'engine-stopped': ENGINE,
  'engine-timeout': ENGINE,
  'gguf-empty': MODEL,
  'gguf-encoder': ['Add Model Folder…', 'Choose Model…'],
  'gguf-folder': MODEL,
  'gguf-header': MODEL,
  'gguf-magic': MODEL,
  'gguf-missing': MODEL,
  'gguf-truncated': MODEL,
  'gguf-unreadable': MODEL,
  'gguf-version': MODEL,
  'import-table': ['Open Calibration Panel'],
  'labels-differ': CLASSIFIER,
  'labels-file-other': [],
  'labels-foreign': [],
  'labels-indistinct': CLASSIFIER,
  'labels-not-shown': CLASSIFIER,
  'model-broken': MODEL,
  'model-differs': MODEL,
  'model-missing': ['Choose Model…', 'Download Model…'],
  'no-adapters': [],
  'no-calibrators': [],
  'no-chat-template': CLASSIFIER,
  'no-editor': [],
  'no-model': ['Choose Model…', 'Download Model…'],
  'not-a-table': ['Import Predictions…'],
  'not-trusted': [],
  'own-labels': [],
  'out-of-memory': ['Choose Model…', 'Show Log'],
  'prompt-too-long': CLASSIFIER,
  'result-outdated': [],
  'source-untrusted': ['Manage Workspace Trust'],
  'text-binary': [],
  'text-empty': [],
  'text-failed': [],
  'text-too-long': [],
  'which-label': [],
};

/** The buttons beside an error; "unexpected" is a defect of this program. */
export function actionsFor(code: ErrorCode | 'unexpected'): readonly Action[] {
  return (code === 'unexpected' ? undefined : REMEDIES[code]) ?? ['Show Log'];
}

/** What the button with this name runs; undefined for a button of another table. */
export function actionNamed(name: string): CommandCall | undefined {
  return Object.hasOwn(ACTIONS, name) ? ACTIONS[name as Action] : undefined;
}

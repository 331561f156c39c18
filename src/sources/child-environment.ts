/**
 * Which of the person's environment variables reach a process that runs models. It parses files that others wrote, so it gets what
 * Node, llama.cpp and the drivers of a GPU need, and no key, token or socket of anything else.
 */

/** Whole names, in capitals: Windows writes "Path" and "SystemRoot", and does not care. */
const NAMES: ReadonlySet<string> = new Set([
  'PATH',
  // where caches and temporary files are
  ...['HOME', 'TMPDIR', 'TEMP', 'TMP', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'PROGRAMDATA'],
  // without these no process of Windows finds its libraries, or the parts of a driver
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'OS', 'NUMBER_OF_PROCESSORS'],
  ...['PROGRAMFILES', 'PROGRAMFILES(X86)', 'PROGRAMFILES(ARM)', 'PROGRAMW6432', 'COMMONPROGRAMFILES'],
  // language of messages
  ...['LANG', 'LANGUAGE', 'TZ'],
  // where libraries are
  ...['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'DYLD_FALLBACK_LIBRARY_PATH', 'DYLD_FRAMEWORK_PATH'],
  // which device Mesa chooses
  'DRI_PRIME',
]);

/** Settings of libraries. */
const PREFIXES = ['LC_', 'XDG_', 'PROCESSOR_', 'CUDA_', 'VK_', 'GGML_', 'LLAMA_', 'NODE_LLAMA_CPP_', 'OMP_'];

/** LLAMA_API_KEY, for example, is a secret of llama.cpp's server. */
const SECRET = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH/;

/**
 * The environment of such a process, without the variables that its parent adds.
 *
 * @param environment of the parent; it is not changed
 */
export function childEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => reachesChild(name.toUpperCase())));
}

function reachesChild(name: string): boolean {
  if (NAMES.has(name)) return true;
  return PREFIXES.some((prefix) => name.startsWith(prefix)) && !SECRET.test(name);
}

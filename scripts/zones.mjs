/**
 * The one dependency rule of this project: which folder may import which.
 * Used twice: by ESLint on every import, and by the bundle check on what esbuild really put together.
 */
import { isBuiltin } from 'node:module';
import path from 'node:path';

/** The rooms of the core, from the bottom up: each may import those before it. */
const CORE = [
  'src/core',
  'src/core/model',
  'src/core/encoder',
  'src/core/classifier',
  'src/core/metrics',
  'src/core/scoring',
  'src/core/data',
  'src/core/decisions',
  'src/core/calibration',
  'src/core/comparison',
  'src/core/labelling',
  'src/core/words',
];

/** Folder (relative to the root, posix) -> folders that it may import, besides itself. */
export const ZONES = {
  ...Object.fromEntries(CORE.map((room, at) => [room, CORE.slice(0, at)])),
  'src/protocol': CORE,
  'src/child': [...CORE, 'src/protocol'],
  'src/engine': [...CORE, 'src/protocol', 'src/child'],
  'src/encoder': [...CORE, 'src/protocol', 'src/child'],
  'src/sources': [...CORE, 'src/protocol'],
  'src/store': [...CORE, 'src/protocol'],
  webview: [...CORE, 'src/protocol'],
  'src/app': [...CORE, 'src/protocol', 'src/sources', 'src/store'],
  'src/editor': [...CORE, 'src/protocol', 'src/sources', 'src/store', 'src/app'],
  'src/features': [...CORE, 'src/protocol', 'src/sources', 'src/store', 'src/app', 'src/editor'],
  'src/features/calibration/worker': [...CORE, 'src/protocol', 'src/store', 'src/app'],
  'src/thread': [...CORE, 'src/protocol', 'src/sources', 'src/store', 'src/app'],
  'src/cli': [...CORE, 'src/protocol', 'src/sources', 'src/store', 'src/app'],
};

/** Packages that only some zones may import. */
const PACKAGES = [
  { matches: (name) => name === 'vscode', zones: ['src/editor', 'src/features'] },
  { matches: (name) => name === 'node-llama-cpp', zones: ['src/engine'] },
  {
    matches: (name) => /^(onnxruntime-node|@huggingface\/tokenizers)(\/|$)/.test(name),
    zones: ['src/encoder'],
  },
  {
    // With and without "node:".
    matches: isBuiltin,
    zones: [
      'src/child',
      'src/engine',
      'src/encoder',
      'src/sources',
      'src/store',
      'src/app',
      'src/editor',
      'src/features',
      'src/features/calibration/worker',
      'src/thread',
      'src/cli',
    ],
  },
];

/** The innermost zone of a file given relative to the root with forward slashes, or undefined outside all zones. */
export function zoneOf(file) {
  return Object.keys(ZONES)
    .filter((zone) => file.startsWith(`${zone}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function featureOf(file) {
  return /^src\/features\/([^/]+)\//.exec(file)?.[1];
}

/**
 * Why `importer` may not import `specifier`, or undefined where it may.
 * Files outside the zones (src/shell.ts, src/extension.ts, tests, scripts) may import anything.
 */
export function violation(importer, specifier) {
  const zone = zoneOf(importer);
  if (zone === undefined) return undefined;
  if (!specifier.startsWith('.')) return packageViolation(zone, specifier);
  const target = path.posix.join(path.posix.dirname(importer), specifier);
  const targetZone = zoneOf(target);
  if (targetZone === undefined) return `${zone} may not import ${target}, which lies outside the zones`;
  if (targetZone === zone) {
    const [from, to] = [featureOf(importer), featureOf(target)];
    return from !== undefined && to !== undefined && from !== to
      ? `feature ${from} may not import feature ${to}`
      : undefined;
  }
  return ZONES[zone].includes(targetZone) ? undefined : `${zone} may not import ${targetZone}`;
}

function packageViolation(zone, name) {
  const rule = PACKAGES.find((entry) => entry.matches(name));
  return rule === undefined || rule.zones.includes(zone) ? undefined : `${zone} may not import ${name}`;
}

/** The zones that the code of a zone may bring into its bundle. */
function reachable(zone) {
  return [zone, ...ZONES[zone]];
}

/**
 * What a bundle holds that the code of its zone may not import.
 *
 * @param zone of the bundle's entry
 * @param output one of the outputs in esbuild's metafile
 * @returns sentences
 */
export function bundleViolations(zone, output) {
  const zones = reachable(zone);
  const files = Object.keys(output.inputs).flatMap((file) => {
    const own = zoneOf(file);
    return own === undefined || zones.includes(own) ? [] : [`${zone} may not contain ${file}`];
  });
  const bundled = Object.keys(output.inputs).flatMap(
    (file) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [],
  );
  const external = output.imports.filter((entry) => entry.external === true).map((entry) => entry.path);
  const packages = [...new Set([...bundled, ...external])].filter((name) =>
    zones.every((entry) => packageViolation(entry, name) !== undefined),
  );
  return [...files, ...packages.map((name) => `${zone} may not contain ${name}`)];
}

/**
 * The one dependency rule of this project: which folder may import which.
 * Used twice: by ESLint on every import, and by the bundle check on what esbuild really put together.
 */
import path from 'node:path';

/** Folder (relative to the root, posix) -> folders that it may import, besides itself. */
export const ZONES = {
  'src/core': [],
  'src/protocol': ['src/core'],
  'src/engine': ['src/core', 'src/protocol'],
  'src/sources': ['src/core', 'src/protocol'],
  'src/store': ['src/core', 'src/protocol'],
  webview: ['src/core', 'src/protocol'],
  'src/workspace': ['src/core', 'src/protocol', 'src/sources', 'src/store'],
  'src/features': ['src/core', 'src/protocol', 'src/sources', 'src/store', 'src/workspace'],
  'src/cli': ['src/core', 'src/protocol', 'src/sources', 'src/store', 'src/engine'],
};

/** Packages that only some zones may import. */
const PACKAGES = [
  { matches: (name) => name === 'vscode', zones: ['src/workspace', 'src/features'] },
  { matches: (name) => name === 'node-llama-cpp', zones: ['src/engine'] },
  {
    matches: (name) => name.startsWith('node:'),
    zones: ['src/engine', 'src/sources', 'src/store', 'src/workspace', 'src/features', 'src/cli'],
  },
];

/** The zone of a file given relative to the root with forward slashes, or undefined outside all zones. */
export function zoneOf(file) {
  return Object.keys(ZONES).find((zone) => file.startsWith(`${zone}/`));
}

function featureOf(file) {
  return /^src\/features\/([^/]+)\//.exec(file)?.[1];
}

/**
 * Why `importer` may not import `specifier`, or undefined where it may.
 * Files outside the zones (src/extension.ts, tests, scripts) may import anything.
 */
export function violation(importer, specifier) {
  const zone = zoneOf(importer);
  if (zone === undefined) return undefined;
  if (!specifier.startsWith('.')) {
    const rule = PACKAGES.find((entry) => entry.matches(specifier));
    return rule === undefined || rule.zones.includes(zone)
      ? undefined
      : `${zone} may not import ${specifier}`;
  }
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

/**
 * Builds everything that runs: extension, engine, command line, worker threads, pages, and (with --tests) the test bundles.
 *
 *   node esbuild.mjs [--tests] [--minify]
 */
import { build } from 'esbuild';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleViolations } from './scripts/zones.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const flags = new Set(process.argv.slice(2));

/** CommonJS dependencies inside an ESM bundle call require(); ESM has none of its own. */
const requireBanner =
  "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

const common = {
  absWorkingDir: root,
  bundle: true,
  sourcemap: 'linked',
  minify: flags.has('--minify'),
  metafile: true,
  logLevel: 'warning',
  legalComments: 'none',
};
const node = { ...common, platform: 'node', target: 'node20' };
const page = {
  ...common,
  platform: 'browser',
  target: 'chrome120',
  format: 'iife',
  loader: { '.ttf': 'file' },
};

const bundles = [
  {
    ...node,
    entryPoints: ['src/shell.ts'],
    outfile: 'dist/extension.cjs',
    format: 'cjs',
    external: ['vscode'],
    plugins: [besideIt('./extension', './features.cjs')],
  },
  {
    ...node,
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/features.cjs',
    format: 'cjs',
    external: ['vscode'],
  },
  {
    ...node,
    entryPoints: ['src/engine/main.ts'],
    outfile: 'dist/engine.mjs',
    format: 'esm',
    external: ['node-llama-cpp'],
    banner: { js: requireBanner },
  },
  {
    ...node,
    entryPoints: ['src/encoder/main.ts'],
    outfile: 'dist/encoder.mjs',
    format: 'esm',
    external: ['onnxruntime-node'],
    banner: { js: requireBanner },
  },
  {
    ...node,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli.mjs',
    format: 'esm',
    banner: { js: `#!/usr/bin/env node\n${requireBanner}` },
  },
  {
    ...node,
    entryPoints: ['src/features/calibration/worker/main.ts'],
    outfile: 'dist/calibration-worker.cjs',
    format: 'cjs',
  },
  {
    ...node,
    entryPoints: ['src/thread/main.ts'],
    outfile: 'dist/thread.cjs',
    format: 'cjs',
  },
  ...pageEntries().map((entry) => ({
    ...page,
    entryPoints: [`webview/${entry}/main.ts`],
    outfile: `dist/page/${entry}.js`,
  })),
];

/** What a bundle loads later from another one beside it. */
function besideIt(specifier, file) {
  return {
    name: 'beside-it',
    setup: (build) =>
      build.onResolve({ filter: /./ }, (args) =>
        args.path === specifier ? { path: file, external: true } : undefined,
      ),
  };
}

/** Every folder of webview/ with a main.ts is a page of its own: dist/page/<folder>.js and .css. */
function pageEntries() {
  return readdirSync(path.join(root, 'webview'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(root, 'webview', entry.name, 'main.ts')))
    .map((entry) => entry.name);
}

/** The zone whose code each bundle holds: checked on what esbuild really put in, not on what the sources seem to say. */
const BUNDLE_ZONES = {
  'dist/extension.cjs': 'src/features',
  'dist/features.cjs': 'src/features',
  'dist/engine.mjs': 'src/engine',
  'dist/encoder.mjs': 'src/encoder',
  'dist/cli.mjs': 'src/cli',
  'dist/calibration-worker.cjs': 'src/features/calibration/worker',
  'dist/thread.cjs': 'src/thread',
};

/** Beside it lie source maps, styles and fonts. */
function isCode(outfile) {
  return /\.[cm]?js$/.test(outfile);
}

function violationsOf(metafile) {
  return Object.entries(metafile.outputs).flatMap(([outfile, output]) => {
    if (!isCode(outfile)) return [];
    const zone = outfile.startsWith('dist/page/') ? 'webview' : BUNDLE_ZONES[outfile];
    if (zone === undefined) throw new Error(`BUNDLE_ZONES does not say which zone ${outfile} belongs to`);
    return bundleViolations(zone, output).map((words) => `${outfile}: ${words}`);
  });
}

async function buildProduct() {
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  const results = await Promise.all(bundles.map((options) => build(options)));
  const problems = results.flatMap((result) => violationsOf(result.metafile));
  if (problems.length > 0) throw new Error(`bundle rules broken:\n${problems.join('\n')}`);
  const inputs = results.flatMap((result) => Object.keys(result.metafile.inputs));
  writeFileSync(path.join(root, 'dist', 'bundled.json'), `${JSON.stringify(packagesOf(inputs), null, 2)}\n`);
}

/** Where the packages lie that files belong to, as package-lock.json names them. */
function packagesOf(files) {
  const found = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(found)].sort();
}

/**
 * Not tests themselves: what VS Code loads to run the host tests, what starts that VS Code, and a stand-in for the
 * engine's process.
 */
const TEST_ENTRIES = ['test/host/index.ts', 'test/host/launcher.ts', 'test/support/stand-in-engine.ts'];

async function buildTests() {
  rmSync(path.join(root, 'dist-test'), { recursive: true, force: true });
  const tests = {
    ...node,
    outdir: 'dist-test',
    outbase: 'test',
    external: [
      'vscode',
      'mocha',
      'playwright-core',
      'node-llama-cpp',
      'fast-check',
      'axe-core',
      'typescript',
    ],
    sourcemap: 'inline',
  };
  const files = walk('test').filter((file) => /\.(test|bench|tour)\.ts$/.test(file));
  const isSuite = (file) => file.endsWith('.test.ts') && !file.startsWith('test/host/');
  await Promise.all([
    // Tests that share a process share their code too: it is loaded and made fast once, not once for each file.
    build({
      ...tests,
      entryPoints: files.filter(isSuite),
      format: 'esm',
      splitting: true,
      chunkNames: 'shared/[hash]',
      outExtension: { '.js': '.mjs' },
      banner: { js: requireBanner },
    }),
    build({
      ...tests,
      entryPoints: [...files.filter((file) => !isSuite(file)), ...TEST_ENTRIES],
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      // import.meta.url does not exist in CommonJS; tests find the root by PROMPT_CONFIDENCE_ROOT, set by test/run.mjs.
      logOverride: { 'empty-import-meta': 'silent' },
    }),
  ]);
}

function walk(folder) {
  const full = path.join(root, folder);
  if (!existsSync(full)) return [];
  return readdirSync(full, { withFileTypes: true }).flatMap((entry) => {
    const child = `${folder}/${entry.name}`;
    return entry.isDirectory() ? walk(child) : [child];
  });
}

/** The JSON Schemas of our files are made from the zod schemas that read them, so that the two cannot differ. */
async function writeSchemas() {
  const { outputFiles } = await build({
    ...common,
    stdin: {
      contents:
        "export { classifierJsonSchema as classifier } from './src/core/classifier/definition';" +
        "export { calibratorJsonSchema as calibrator } from './src/core/calibration/saved';",
      resolveDir: root,
    },
    format: 'esm',
    sourcemap: false,
    write: false,
  });
  const code = Buffer.from(outputFiles[0].text).toString('base64');
  const schemas = await import(`data:text/javascript;base64,${code}`);
  mkdirSync(path.join(root, 'schemas'), { recursive: true });
  for (const [name, schemaOf] of Object.entries(schemas))
    writeFileSync(
      path.join(root, 'schemas', `${name}.schema.json`),
      `${JSON.stringify(schemaOf(), null, 2)}\n`,
    );
}

await buildProduct();
await writeSchemas();
if (flags.has('--tests')) await buildTests();

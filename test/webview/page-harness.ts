/**
 * A built page in a browser, without VS Code: the same document and content security policy, the editor's own styles
 * and colours (test/fixtures/themes, taken from the real one by `node scripts/tour.mjs themes`), and the test in the
 * place of the host.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type * as z from 'zod';
import type { CALIBRATION_PAGE_CONTRACT } from '../../src/protocol/calibration-page';
import type { COMPARISON_PAGE_CONTRACT } from '../../src/protocol/comparison-page';
import type { LABELLING_PAGE_CONTRACT } from '../../src/protocol/labelling-page';
import type { PAGE_CONTRACT } from '../../src/protocol/page';
import type { RESULT_PAGE_CONTRACT } from '../../src/protocol/result-page';
import type { TUNING_PAGE_CONTRACT } from '../../src/protocol/tuning-page';
import { pageHtml } from '../../src/editor/page-html';
import editor from '../fixtures/themes/vscode.json';
import { openBrowser, projectRoot, resultsFolder } from '../support/vscode-server';

const ORIGIN = 'http://page.test';
const NONCE = 'bm9uY2U';

const { styles, themes } = editor;

export type Theme = keyof typeof themes;
const ALL_THEMES = Object.keys(themes) as Theme[];
/** A dark one and a light one of high contrast; all four in `npm run test:long`. */
export const THEMES: readonly Theme[] =
  process.env.PROMPT_CONFIDENCE_ALL_THEMES === '1' ? ALL_THEMES : ['dark', 'hc-light'];

/** What the page stands on: the editor's background or the side bar's. */
const BACKGROUNDS = {
  calibration: '--vscode-editor-background',
  comparison: '--vscode-editor-background',
  labelling: '--vscode-editor-background',
  result: '--vscode-sideBar-background',
  tuning: '--vscode-editor-background',
} as const;
type PageName = keyof typeof BACKGROUNDS;

interface Contracts {
  readonly calibration: PageContract<typeof CALIBRATION_PAGE_CONTRACT>;
  readonly comparison: PageContract<typeof COMPARISON_PAGE_CONTRACT>;
  readonly labelling: PageContract<typeof LABELLING_PAGE_CONTRACT>;
  readonly result: PageContract<typeof RESULT_PAGE_CONTRACT>;
  readonly tuning: PageContract<typeof TUNING_PAGE_CONTRACT>;
}
interface PageContract<C extends { readonly host: object; readonly page: object }> {
  readonly host: C['host'] & typeof PAGE_CONTRACT.host;
  readonly page: C['page'];
}
type Params<M> = M extends { readonly params: infer P extends z.ZodType } ? P : never;
/** Of a request; of a notification nothing is waited for. */
type Answer<M> = M extends { readonly result: infer R extends z.ZodType } ? z.input<R> : unknown;
type Result<M> = M extends { readonly result: infer R extends z.ZodType } ? z.output<R> : never;

export interface RpcMessage {
  readonly jsonrpc: '2.0';
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
}

export interface PageOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  readonly reducedMotion?: boolean;
  /** What it draws first cannot be drawn. */
  readonly failsToStart?: boolean;
}

/** One browser for all tests of the surrounding `describe`, and one window of it: a tab costs half as much. */
export function usePages<Name extends PageName>(
  name: Name,
): { open(options?: PageOptions): Promise<TestPage<Name>> } {
  let browser: Browser | undefined;
  let context: BrowserContext | undefined;
  const pages: Page[] = [];
  before(async () => {
    ({ browser } = await openBrowser());
    context = await browser.newContext();
    // Stays: without a tab there is no window.
    await context.newPage();
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
  });
  after(async () => browser?.close());
  return {
    async open({ width = 300, height = 800, ...options } = {}) {
      if (context === undefined) throw new Error('pages are there only inside tests');
      const page = await context.newPage();
      pages.push(page);
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ reducedMotion: options.reducedMotion === true ? 'reduce' : 'no-preference' });
      return TestPage.open(page, name, options);
    },
  };
}

/** A page, and the test in the place of its host: both keep to the page's contract. */
export class TestPage<Name extends PageName> {
  /** Everything that the page sent, oldest first. */
  readonly sent: RpcMessage[] = [];
  private readonly handlers = new Map<string, (params: unknown) => unknown>();
  /** Who waits for the page's answer to a request, by its id. */
  private readonly asked = new Map<number, (result: unknown) => void>();

  private constructor(readonly page: Page) {}

  static async open<Name extends PageName>(
    page: Page,
    name: Name,
    options: PageOptions,
  ): Promise<TestPage<Name>> {
    const opened = new TestPage<Name>(page);
    await page.exposeFunction('hostReceives', (message: RpcMessage) => {
      opened.sent.push(message);
      void opened.handle(message);
    });
    await page.addInitScript(standIn(name, options));
    await page.route(`${ORIGIN}/**`, async (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/')
        return route.fulfill({
          contentType: 'text/html',
          body: pageHtml({
            title: name,
            scriptUri: `${ORIGIN}/${name}.js`,
            styleUri: `${ORIGIN}/${name}.css`,
            cspSource: ORIGIN,
            drawsPictures: name === 'calibration' || name === 'comparison',
            nonce: NONCE,
          }),
        });
      return route.fulfill({ path: path.join(projectRoot(), 'dist', 'page', pathname) });
    });
    await page.goto(ORIGIN);
    return opened;
  }

  /** Sends a notification as the host would. */
  async notify<M extends keyof Contracts[Name]['page'] & string>(
    method: M,
    params: z.input<Params<Contracts[Name]['page'][M]>>,
  ): Promise<void> {
    await this.post({ method, params });
    await this.settled();
  }

  /** Sends what the page cannot take. */
  async notifyNonsense(method: keyof Contracts[Name]['page'] & string): Promise<void> {
    await this.post({ method, params: { nonsense: true } });
    await this.settled();
  }

  /** Hears everything under a method as the host would, and answers it where it is a request. */
  on<M extends keyof Contracts[Name]['host'] & string>(
    method: M,
    handle: (params: z.output<Params<Contracts[Name]['host'][M]>>) => Answer<Contracts[Name]['host'][M]>,
  ): void {
    // What the page sends is made by the same contract.
    this.handlers.set(method, handle as (params: unknown) => unknown);
  }

  /** Asks the page as the host would, and gives its answer. */
  async ask<M extends keyof Contracts[Name]['page'] & string>(
    method: M,
    params: z.input<Params<Contracts[Name]['page'][M]>>,
  ): Promise<Result<Contracts[Name]['page'][M]>> {
    const id = 1000 + this.sent.length;
    const answer = new Promise<unknown>((resolve) => this.asked.set(id, resolve));
    await this.post({ id, method, params });
    return (await answer) as Result<Contracts[Name]['page'][M]>;
  }

  private async handle({ id, method, params, result: answered }: RpcMessage): Promise<void> {
    if (method === undefined && id !== undefined) this.asked.get(id)?.(answered);
    const handler = method === undefined ? undefined : this.handlers.get(method);
    if (handler === undefined) return;
    const result = await handler(params);
    if (id !== undefined) await this.post({ id, result });
  }

  private async post(message: Omit<RpcMessage, 'jsonrpc'>): Promise<void> {
    await this.page.evaluate(`window.postMessage(${JSON.stringify({ jsonrpc: '2.0', ...message })}, '*')`);
  }

  /** Two frames: the page has drawn what it was sent. */
  private async settled(): Promise<void> {
    await this.page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))',
    );
  }

  /** The parameters of everything that the page sent under a method. */
  received<M extends keyof Contracts[Name]['host'] & string>(
    method: M,
  ): z.output<Params<Contracts[Name]['host'][M]>>[] {
    const found = this.sent.filter((message) => message.method === method);
    return found.map(({ params }) => params as z.output<Params<Contracts[Name]['host'][M]>>);
  }

  /** Names of the tables that are wider than their place, those that are folded included. */
  async cutTables(): Promise<string[]> {
    return this.page.evaluate<string[]>(`
      for (const details of document.querySelectorAll('details')) details.open = true;
      [...document.querySelectorAll('.table-box')].filter((box) => box.scrollWidth > box.clientWidth).map((box) => box.ariaLabel)`);
  }

  /** What the content security policy forbade, and what went wrong. */
  async violations(): Promise<string[]> {
    return this.page.evaluate<string[]>('window.violations');
  }

  /** Ids of the accessibility rules that are broken, with the first element of each. */
  async accessibilityProblems(): Promise<string[]> {
    const isLoaded = await this.page.evaluate<boolean>('"axe" in window');
    if (!isLoaded) {
      const file = createRequire(path.join(projectRoot(), 'package.json')).resolve('axe-core/axe.min.js');
      await this.page.evaluate(readFileSync(file, 'utf8'));
    }
    return this.page.evaluate<string[]>(
      `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
        violations.map((found) => found.id + ': ' + found.nodes[0].html + ' ' + found.nodes[0].failureSummary))`,
    );
  }

  async screenshot(name: string, fullPage = false): Promise<void> {
    await this.page.screenshot({ path: path.join(resultsFolder('screenshots'), `${name}.png`), fullPage });
  }
}

/** What VS Code gives to a page, as a script that runs before the page's own. */
function standIn(
  name: PageName,
  { theme = 'light', reducedMotion = false, failsToStart = false }: PageOptions,
): string {
  const { bodyClass, variables } = themes[theme];
  const motion = reducedMotion ? ' vscode-reduce-motion' : '';
  return `
    window.violations = [];
    addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sourceFile));
    addEventListener('error', (e) => violations.push(String(e.message)));
    addEventListener('unhandledrejection', (e) => violations.push(String(e.reason)));
    if (${failsToStart}) {
      const { append } = Element.prototype;
      Element.prototype.append = function (...nodes) {
        if (this !== document.body) return append.call(this, ...nodes);
        Element.prototype.append = append;
        throw new Error('nothing can be drawn');
      };
    }
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => void hostReceives(message),
      getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
      setState: (state) => (sessionStorage.setItem('state', JSON.stringify(state)), state),
    });
    addEventListener('DOMContentLoaded', () => {
      const root = document.documentElement.style;
      for (const [name, value] of Object.entries(${JSON.stringify(variables)})) root.setProperty(name, value);
      root.setProperty('background', 'var(${BACKGROUNDS[name]})');
      const defaults = new CSSStyleSheet();
      defaults.replaceSync(${JSON.stringify(styles)});
      document.adoptedStyleSheets = [defaults];
      document.body.className = ${JSON.stringify(bodyClass + motion)};
    });`;
}

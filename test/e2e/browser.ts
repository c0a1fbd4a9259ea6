/** A real Chromium, and pages in it that remember what no dashboard should do: errors, and requests to other hosts. */

import { type Browser, type BrowserContextOptions, chromium, type HTTPCredentials, type Page } from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // WebGL without a graphics card.
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS });
}

export interface WatchedPage {
  readonly page: Page;
  /** What the console said in red (violations of the content policy included), and exceptions that nobody caught. */
  readonly errors: string[];
  /** Addresses that were asked for on any other host. */
  readonly foreign: string[];
}

/** Opens an address in a context of its own; with `httpCredentials` somebody has signed in there before. */
export async function openPage(
  browser: Browser,
  url: string,
  { httpCredentials, ...options }: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', ...options });
  if (httpCredentials !== undefined) {
    const [{ username, password }] = [httpCredentials].flat() as [HTTPCredentials];
    const answer = await context.request.post(new URL('/api/v1/sign-in', url).href, {
      data: { name: username, password },
    });
    if (!answer.ok()) throw new Error(`the sign-in answered ${answer.status()}`);
  }
  const page = await context.newPage();
  const errors: string[] = [];
  const foreign: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol.startsWith('http') && host !== new URL(url).host) foreign.push(request.url());
  });
  await page.goto(url);
  return { page, errors, foreign };
}

/** Runs in the page. As text, because the types of a browser are no part of this program. */
const COUNT_COLOURS = `async ([base64, names]) => {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  return names.map((name) => {
    const probe = document.body.appendChild(document.createElement('span'));
    probe.style.color = 'var(' + name + ')';
    const wanted = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
    probe.remove();
    let count = 0;
    for (let i = 0; i < data.length; i += 4) if (wanted.every((value, j) => data[i + j] === value)) count++;
    return count / (data.length / 4);
  });
}`;

/** How much of a picture has exactly the colours that the page's stylesheet gives these names, from 0 to 1. */
export function sharesOf(page: Page, png: Buffer, names: readonly `--${string}`[]): Promise<number[]> {
  return page.evaluate<number[]>(`(${COUNT_COLOURS})(${JSON.stringify([png.toString('base64'), names])})`);
}

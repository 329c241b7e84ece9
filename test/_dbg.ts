import { startBrowser, openPage } from './support/browser.ts';
import { Visitor, password } from './support/acme.ts';
export const url = 'http://localhost:4541', api = 'http://127.0.0.1:4540';
let offset = ((await (await fetch(`${api}/_dev/clock`)).json()) as any).offsetSeconds;
export const local: any = { clock: { now: () => Date.now() + offset * 1000, advance: (s: number) => { offset += s; fetch(`${api}/_dev/clock`, { method: 'POST', body: JSON.stringify({ advanceSeconds: s }) }); } },
 };
export const browser = await startBrowser();
export const visit = async (o = {}) => new Visitor(await openPage(browser, o), url, local);
export const shot = (v: Visitor, name: string, fullPage = true) => v.page.screenshot({ path: `/tmp/${name}.png`, fullPage });
export { password };

/** The demo tools of the footer: codes of a pasted key by the service's clock, and moving that clock. */
export {};

type Code = { code: string; secondsLeft: number };
type Now = { now: string };

const tools = document.querySelector<HTMLElement>('#demo-tools') as HTMLElement;
const find = <T extends HTMLElement>(selector: string) => tools.querySelector<T>(selector) as T;
const keyField = find<HTMLInputElement>('#demo-key');
const copyButton = find<HTMLButtonElement>('[data-copy]');
const keyName = 'acme-demo-key';
let current: (Code & { at: number }) | undefined;
let ahead = 0;

async function call<T>(path: string, body?: object): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(path, body ? { method: 'POST', headers, body: JSON.stringify(body) } : {});
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  return answer.json() as Promise<T>;
}

function say(text: string): void {
  find('[data-status]').textContent = text;
}

async function showCode(): Promise<void> {
  const key = keyField.value.trim();
  sessionStorage.setItem(keyName, key);
  current = undefined;
  find('[data-problem]').textContent = '';
  if (key !== '') {
    try {
      current = { ...(await call<Code>('/demo/code', { key })), at: performance.now() };
    } catch (error) {
      find('[data-problem]').textContent = (error as Error).message;
    }
  }
  draw();
}

/** Seconds that the code has left. */
function left(): number {
  return current ? current.secondsLeft - Math.floor((performance.now() - current.at) / 1000) : 0;
}

function draw(): void {
  const code = current?.code ?? '';
  find('[data-code]').textContent = code && `${code.slice(0, 3)} ${code.slice(3)}`;
  find('[data-left]').textContent = code && `${left()} s`;
  copyButton.hidden = code === '';
}

async function showClock(): Promise<void> {
  ahead = Date.parse((await call<Now>('/demo/clock')).now) - Date.now();
}

keyField.value = sessionStorage.getItem(keyName) ?? '';
keyField.addEventListener('input', showCode);
for (const form of tools.querySelectorAll('form')) {
  form.addEventListener('submit', (event) => event.preventDefault());
}
copyButton.addEventListener('click', async () => {
  await navigator.clipboard.writeText(current?.code ?? '');
  say(copyButton.dataset.done ?? '');
});
for (const button of tools.querySelectorAll<HTMLButtonElement>('[data-tool=clock] button')) {
  button.addEventListener('click', async () => {
    await call('/demo/clock', { advanceSeconds: Number(button.value) });
    await Promise.all([showClock(), showCode()]);
    tick();
    say(find('[data-now]').textContent ?? '');
  });
}

function tick(): void {
  const now = new Date(Date.now() + ahead);
  const time = find<HTMLTimeElement>('[data-now]');
  time.dateTime = now.toISOString();
  time.textContent = now.toLocaleString(document.documentElement.lang, {
    dateStyle: 'medium',
    timeStyle: 'medium',
  });
  if (current && left() <= 0) {
    void showCode();
  } else {
    draw();
  }
}

await Promise.all([showClock(), showCode()]);
tick();
setInterval(tick, 1000);

/** Keeps the tour's ticks in this browser. */
export {};

const name = 'acme-tour';
const done = new Set<string>(JSON.parse(localStorage.getItem(name) ?? '[]') as string[]);

for (const box of document.querySelectorAll<HTMLInputElement>('.tour input[type=checkbox]')) {
  box.checked = done.has(box.id);
  box.addEventListener('change', () => {
    done[box.checked ? 'add' : 'delete'](box.id);
    localStorage.setItem(name, JSON.stringify([...done]));
  });
}

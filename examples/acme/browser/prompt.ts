/** Brings the prompt's result to Acme's back end: of a sign-in, or of an act that a page asks to have confirmed. */
import 'countersign/elements/prompt';

const prompt = document.querySelector('countersign-prompt');
const { finish = '/sign-in/second-factor', again = '/sign-in?again' } = prompt?.dataset ?? {};

prompt?.addEventListener('countersign-passed', async (event) => {
  const { token, deviceToken } = (event as CustomEvent<{ token: string; deviceToken?: string }>).detail;
  const answer = await fetch(finish, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, deviceToken }),
  });
  const { next = again } = answer.ok || answer.status === 409 ? await answer.json() : {};
  location.replace(next);
});
prompt?.addEventListener('countersign-restart', () => location.replace(again));

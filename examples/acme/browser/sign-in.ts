/** Brings the prompt's result to Acme's back end. */
import 'countersign/elements/prompt';

const prompt = document.querySelector('countersign-prompt');

prompt?.addEventListener('countersign-passed', async (event) => {
  const { token, deviceToken } = (event as CustomEvent<{ token: string; deviceToken?: string }>).detail;
  const answer = await fetch('/sign-in/second-factor', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, deviceToken }),
  });
  const { next = '/sign-in?again' } = answer.ok || answer.status === 409 ? await answer.json() : {};
  location.replace(next);
});
prompt?.addEventListener('countersign-restart', () => location.replace('/sign-in?again'));

/** Listening in on a real SDK client, whichever engine it talks to. */

type Handler = (args: { input: unknown }) => Promise<unknown>;
type Layer = (next: Handler, context: { commandName?: string }) => Handler;
type Client = { middlewareStack: { add: unknown; remove: unknown } };
export type AwsCall = { command: string; input: Record<string, unknown> };

/** The calls that a client makes from now on. */
export function recordCalls(...clients: Client[]): AwsCall[] {
  const calls: AwsCall[] = [];
  for (const client of clients) {
    addLayer(client, (next, context) => (args) => {
      calls.push({ command: context.commandName ?? '', input: args.input as AwsCall['input'] });
      return next(args);
    });
  }
  return calls;
}

/** The answers to a command from now on, as the adapters get them. */
export function recordAnswers(client: Client, command: string): Record<string, unknown>[] {
  const answers: Record<string, unknown>[] = [];
  addLayer(client, (next, context) => async (args) => {
    const answer = (await next(args)) as { output: Record<string, unknown> };
    if (context.commandName === command) {
      answers.push(answer.output);
    }
    return answer;
  });
  return answers;
}

/** Gives the n-th call (from 1) of a command this answer instead of the engine's, until the returned function is called. */
export function answerCall(
  client: Client,
  command: string,
  nth: number,
  answer: (call: AwsCall) => object,
): () => void {
  let seen = 0;
  return addLayer(client, (next, context) => async (args) => {
    seen += context.commandName === command ? 1 : 0;
    if (context.commandName !== command || seen !== nth) {
      return next(args);
    }
    const output = { $metadata: {}, ...answer({ command, input: args.input as AwsCall['input'] }) };
    return { output, response: {} };
  });
}

function addLayer(client: Client, layer: Layer): () => void {
  const { add, remove } = client.middlewareStack as {
    add(layer: Layer, options: object): void;
    remove(layer: Layer): void;
  };
  add(layer, { step: 'initialize' });
  return () => remove(layer);
}

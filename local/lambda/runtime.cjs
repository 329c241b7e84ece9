/**
 * The Lambda runtime of one environment: a worker thread with its own globals and its own `process.env`.
 * Loads the function once, then answers one invocation at a time. Plain CommonJS, so that no loader runs in it.
 */
const { parentPort, workerData } = require('node:worker_threads');
const { join } = require('node:path');

const [file, exported] = workerData.handler.split('.');
const handler = require(join(workerData.codeDir, `${file}.cjs`))[exported];
if (typeof handler !== 'function') {
  throw new Error(`${workerData.handler} is not a function`);
}

parentPort.on('message', ({ event, context, deadlineMs }) => {
  const withClock = { ...context, getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()) };
  new Promise((resolve) => resolve(handler(event, withClock))).then(
    (result) => parentPort.postMessage({ result: JSON.stringify(result ?? null) }),
    (error) => parentPort.postMessage({ error: String(error?.stack ?? error) }),
  );
});

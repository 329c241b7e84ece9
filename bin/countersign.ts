#!/usr/bin/env node
/** The operator's command: `countersign --help`. */
import { createInterface } from 'node:readline/promises';
import { runCommand } from '../operator/command.ts';

// The SDK's word about the Node versions of 2027, before every answer, is for who installs this and not for who asks.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
  ask: async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await lines.question(question);
    } finally {
      lines.close();
    }
  },
});

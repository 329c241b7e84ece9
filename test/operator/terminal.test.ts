import { describe, expect, it } from 'vitest';
import { CommandFailed, terminal } from '../../operator/terminal.ts';

function io(interactive: boolean, answer = '') {
  const said = { out: '', err: '' };
  return {
    said,
    out: (text: string) => {
      said.out += text;
    },
    err: (text: string) => {
      said.err += text;
    },
    interactive,
    ask: async () => answer,
  };
}

describe('what is printed', () => {
  it('lines columns up, absent values included', () => {
    const to = io(false);
    terminal(to, {}).table([
      { id: 'ada', mail: undefined },
      { id: 'b', mail: 'bob@example.com' },
    ]);
    expect(to.said.out).toBe('id   mail\nada\nb    bob@example.com\n');
  });

  it('moves no cursor and turns no text around, whatever a name holds', () => {
    const to = io(false);
    const screen = terminal(to, {});
    screen.table([{ name: 'a\u001b[2Jb\nc\u202ed' }]);
    screen.line('x\u0007y');
    expect(to.said.out).toBe('name\na\ufffd[2Jb\ufffdc\ufffdd\nx\ufffdy\n');
  });

  it('is JSON alone with --json', () => {
    const to = io(false);
    terminal(to, { json: true }).result({ a: 1 }, () => {
      throw new Error('for people');
    });
    expect(JSON.parse(to.said.out)).toEqual({ a: 1 });
  });

  it('shows progress to a person and not to a file', () => {
    for (const [interactive, shown] of [
      [true, 'Items: 3 of 3'],
      [false, ''],
    ] as const) {
      const to = io(interactive);
      terminal(to, {}).progress('Items').step(3, 3);
      expect(to.said.err.endsWith(shown)).toBe(true);
      expect(to.said.err === '').toBe(!interactive);
    }
  });
});

describe('before something that cannot be undone', () => {
  it.each([
    ['yes', undefined],
    ['y', 'Nothing was done.'],
    ['', 'Nothing was done.'],
  ])('"%s" is the answer: %s', async (answer, refusal) => {
    const asked = terminal(io(true, answer), {}).confirm('Reset?');
    await (refusal ? expect(asked).rejects.toThrow(refusal) : expect(asked).resolves.toBeUndefined());
  });

  it('--yes asks nobody, and without anybody to ask it does not go on', async () => {
    await expect(terminal(io(false), { yes: true }).confirm('Reset?')).resolves.toBeUndefined();
    await expect(terminal(io(false), {}).confirm('Reset?')).rejects.toThrow(CommandFailed);
  });
});

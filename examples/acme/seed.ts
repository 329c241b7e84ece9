/** The people who are there when Acme starts on a developer's machine. */
import type { Acme } from './context.ts';
import type { Role } from './people/people.ts';

export type Seeded = { email: string; password: string; role: Role };

const demoAccount = 'acme';

export const seeded: readonly Seeded[] = [
  { email: 'mia@example.com', password: 'mia-quiet-river', role: 'manager' },
  { email: 'noah@example.com', password: 'noah-green-hill', role: 'member' },
  { email: 'olga@example.com', password: 'olga-tall-birch', role: 'member' },
  { email: 'sam@example.com', password: 'sam-bright-door', role: 'support' },
];

/** Adds who is missing, and tells Countersign of them; may run at every start. */
export async function seed({ people, twoFactor }: Acme): Promise<void> {
  await people.addAccount(demoAccount, 'Acme');
  await Promise.all(
    seeded.map(async (given) => {
      const person =
        (await people.byEmail(given.email)) ??
        (await people.add({ ...given, accountId: demoAccount, emailVerified: true }));
      if (person) {
        await twoFactor.sync(person);
      }
    }),
  );
}

/** The people of Acme's accounts: who they are, how they sign in, what they may do. */
import { hashPassword } from './passwords.ts';
import { newId } from './secrets.ts';
import type { Entry, Table } from './table.ts';

export type Role = 'manager' | 'support' | 'member';
export type Person = Entry & {
  /** The account. */
  owner: string;
  id: string;
  accountId: string;
  email: string;
  name: string;
  role: Role;
  emailVerified: boolean;
  passwordHash?: string;
  google?: { sub: string; email: string };
};
export type Account = Entry & { id: string; name: string };
type Name = Entry & { personId: string };
type NewPerson = Pick<Person, 'accountId' | 'email' | 'role'> &
  Partial<Pick<Person, 'id' | 'name' | 'emailVerified' | 'google'>> & { password?: string };

export const roles: readonly Role[] = ['manager', 'support', 'member'];

export class People {
  readonly table: Table;

  constructor(table: Table) {
    this.table = table;
  }

  byId(id: string): Promise<Person | undefined> {
    return this.table.get<Person>(`person#${id}`);
  }

  byEmail(email: string): Promise<Person | undefined> {
    return this.#byName(`email#${email.toLowerCase()}`);
  }

  byGoogle(sub: string): Promise<Person | undefined> {
    return this.#byName(`google#${sub}`);
  }

  /** The members of an account, by address. */
  async ofAccount(accountId: string): Promise<Person[]> {
    const people = await this.table.ownedBy<Person>(accountId, 'person');
    return people.sort((a, b) => a.email.localeCompare(b.email));
  }

  /** The new person; `undefined` where the address is taken. */
  async add({ password, ...given }: NewPerson): Promise<Person | undefined> {
    const id = given.id ?? newId('per');
    const email = given.email.toLowerCase();
    const passwordHash = password === undefined ? undefined : await hashPassword(password);
    if (!(await this.table.add<Name>({ key: `email#${email}`, personId: id }))) {
      return undefined;
    }
    const person: Person = {
      key: `person#${id}`,
      owner: given.accountId,
      name: nameOf(email),
      emailVerified: false,
      ...given,
      id,
      email,
      ...(passwordHash !== undefined && { passwordHash }),
    };
    await this.table.put(person);
    if (person.google) {
      await this.table.add<Name>({ key: `google#${person.google.sub}`, personId: id });
    }
    return person;
  }

  async save(person: Person): Promise<Person> {
    await this.table.put(person);
    return person;
  }

  async setPassword(person: Person, password: string): Promise<Person> {
    return this.save({ ...person, passwordHash: await hashPassword(password) });
  }

  /** Whether the provider's account is this person's from now on; not if it is somebody else's. */
  async connectGoogle(person: Person, google: NonNullable<Person['google']>): Promise<boolean> {
    const isNew = await this.table.add<Name>({ key: `google#${google.sub}`, personId: person.id });
    if (!isNew && (await this.byGoogle(google.sub))?.id !== person.id) {
      return false;
    }
    await this.save({ ...person, google });
    return true;
  }

  async disconnectGoogle({ google, ...person }: Person): Promise<void> {
    await this.table.put(person);
    if (google) {
      await this.table.take<Name>(`google#${google.sub}`);
    }
  }

  async account(id: string): Promise<Account> {
    return (await this.table.get<Account>(`account#${id}`)) ?? { key: `account#${id}`, id, name: id };
  }

  async addAccount(id: string, name: string): Promise<string> {
    await this.table.add<Account>({ key: `account#${id}`, id, name });
    return id;
  }

  async #byName(key: string): Promise<Person | undefined> {
    const name = await this.table.get<Name>(key);
    return name && this.byId(name.personId);
  }
}

/** `mia.long@example.com` is greeted as Mia. */
function nameOf(email: string): string {
  const [first = ''] = email.split(/[@.+_-]/);
  return first.charAt(0).toUpperCase() + first.slice(1);
}

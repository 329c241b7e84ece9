import type { Intrinsics } from './intrinsics.ts';
import type { Resource } from './resources.ts';

// biome-ignore lint/suspicious/noExplicitAny: the properties are CloudFormation's, and what is missing fails in use.
export type Properties = Record<string, any>;
export type Resolved = { id: string; properties: Properties };

/** A template's resources with every reference in their properties resolved. */
export class ResolvedStack {
  readonly #resources: Record<string, Resource>;
  readonly #intrinsics: Intrinsics;
  readonly #resolved = new Map<string, Resolved[]>();

  constructor(resources: Record<string, Resource>, intrinsics: Intrinsics) {
    this.#resources = resources;
    this.#intrinsics = intrinsics;
  }

  all(type: string): Resolved[] {
    const known = this.#resolved.get(type);
    if (known) {
      return known;
    }
    const resolved = Object.entries(this.#resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, { Properties = {} }]) => ({
        id,
        properties: this.#intrinsics.resolve(Properties) as Properties,
      }));
    this.#resolved.set(type, resolved);
    return resolved;
  }

  /** The resource of this type whose `Ref` or ARN is `reference`. */
  find(type: string, reference: string): Resolved {
    const found = this.all(type).find(({ id }) => this.names(id).includes(reference));
    if (!found) {
      throw new Error(`The template refers to ${reference}, and has no such ${type}.`);
    }
    return found;
  }

  names(id: string): string[] {
    return this.#intrinsics.namesOf(id);
  }

  ref(id: string): string {
    return this.#intrinsics.ref(id);
  }
}

/** What the package is made of: the packages in its bundles and those that it installs, with their licences. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

export type Material = { name: string; version: string; licence: string; folder: string };

const packageFolder = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/** The packages that a build took code from, by name. Throws where one does not name its licence. */
export function bundled(root: string, metafiles: readonly Metafile[]): Material[] {
  const folders = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => {
        const [folder] = packageFolder.exec(path) ?? [];
        return folder && bytesInOutput > 0 ? [folder] : [];
      }),
    ),
  );
  return described(root, [...new Set(folders)]);
}

/** What `npm install countersign` brings, from the lockfile. */
export function installed(root: string): Material[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const entries = Object.entries<Record<string, unknown>>(packages);
  const folders = entries
    .filter(
      ([path, { dev, peer, devOptional, optional }]) => path && !dev && !peer && !devOptional && !optional,
    )
    .map(([path]) => path);
  return described(root, folders);
}

function described(root: string, folders: string[]): Material[] {
  const found = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    if (typeof license !== 'string') {
      throw new Error(`${name} does not name its licence`);
    }
    return { name, version, licence: license, folder };
  });
  const byName = new Map(found.map((each) => [`${each.name}@${each.version}`, each]));
  return [...byName.values()].sort((one, other) => one.name.localeCompare(other.name, 'en'));
}

/** The bill of materials as CycloneDX 1.5. */
export function billOf(version: string, materials: readonly Material[]): object {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: { type: 'library', name: 'countersign', version, purl: `pkg:npm/countersign@${version}` },
    },
    components: materials.map(({ name, version: of, licence }) => ({
      type: 'library',
      name,
      version: of,
      purl: `pkg:npm/${name.replace('@', '%40')}@${of}`,
      licenses: [{ expression: licence }],
    })),
  };
}

/** The licences' own words, as they ask to come along with the code that is bundled. */
export function noticesOf(root: string, materials: readonly Material[]): string {
  return materials
    .map(({ name, version, licence, folder }) => {
      const file = readdirSync(join(root, folder)).find((each) =>
        /^(licen[cs]e|copying)(\.|-|$)/i.test(each),
      );
      const words =
        file && existsSync(join(root, folder, file)) ? readFileSync(join(root, folder, file), 'utf8') : '';
      return `${name} ${version} (${licence})\n\n${words.trim()}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

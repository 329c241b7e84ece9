/** What `npm run manifest` describes: the elements' attributes, properties and events, as pages may use them. */
const isPublic = ({ kind, privacy, description, static: isStatic, readonly }) =>
  kind === 'field' &&
  !isStatic &&
  !readonly &&
  description !== undefined &&
  (privacy ?? 'public') === 'public';

function keepPublic(declaration) {
  const members = declaration.members?.filter(isPublic) ?? [];
  const kept = new Set(members.map(({ name }) => name));
  declaration.members = members;
  declaration.attributes = declaration.attributes?.filter(({ fieldName }) => kept.has(fieldName));
}

export default {
  globs: [
    'web/base/{element,settings-element}.ts',
    'web/prompt/prompt.ts',
    'web/security/security.ts',
    'web/admin/admin.ts',
  ],
  outdir: 'dist/elements',
  // It would write the path of each run, a test's too, into package.json, which says it itself.
  packagejson: false,
  litelement: true,
  plugins: [
    {
      name: 'public-only',
      packageLinkPhase({ customElementsManifest }) {
        for (const { declarations } of customElementsManifest.modules) {
          declarations.filter(({ kind }) => kind === 'class').forEach(keepPublic);
        }
      },
    },
  ],
};

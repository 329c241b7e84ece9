/** The changelog with what is unreleased under the version's own heading. Throws where there is nothing to release. */
export function sectionedChangelog(changelog: string, version: string, day: string): string {
  const [before, rest] = changelog.split('## [Unreleased]\n');
  if (before === undefined || rest === undefined || changelog.includes(`## [${version}]`)) {
    throw new Error(`CHANGELOG.md has no section "Unreleased", or has ${version} already.`);
  }
  const unreleased = rest.split(/^## \[/m)[0] ?? '';
  if (unreleased.trim() === '') {
    throw new Error('There is nothing unreleased in CHANGELOG.md.');
  }
  return `${before}## [Unreleased]\n\n## [${version}] - ${day}\n${rest}`;
}

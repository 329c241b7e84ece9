/** The routes table without what only the stack and the documents read of it. */
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { type Route, routes } from '../lambdas/routes.ts';

/** What a function reads of its route, beside its schemas; the rest is for the stack and the documents. */
const readByFunctions = ['path', 'caller', 'status', 'maxBodyKb', 'nullable'] as const;

const handlerFile = join('edge', 'http', 'handler.ts');
const schemasOf = { body: 'bodies', query: 'queries' };

/** The routes table as a handler reads it. The document of the API, a function itself, has the whole one. */
export const leanRoutes: Plugin = {
  name: 'lean-routes',
  setup({ onResolve, onLoad }) {
    const namespace = 'lean-routes';
    onResolve({ filter: /\/routes\.ts$/ }, ({ path, importer, resolveDir }) =>
      importer.endsWith(handlerFile) ? { path, namespace, pluginData: resolveDir } : undefined,
    );
    onLoad({ filter: /.*/, namespace }, ({ pluginData }) => {
      const table = Object.entries(routes).map(([flow, route]: [string, Route]) => {
        const told = readByFunctions.flatMap((name) =>
          route[name] === undefined ? [] : [`${name}: ${JSON.stringify(route[name])}`],
        );
        const schemas = (['body', 'query'] as const).flatMap((name) =>
          route[name] ? [`${name}: ${schemasOf[name]}[${JSON.stringify(flow)}]`] : [],
        );
        return `${JSON.stringify(flow)}: { ${[...told, ...schemas].join(', ')} }`;
      });
      return {
        contents: `import { bodies, queries } from '../../schemas.ts';\nexport const routes = { ${table.join(',\n')} };`,
        resolveDir: pluginData,
      };
    });
  },
};

declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** A DynamoDB on LevelDB: in memory unless `path` names a folder. Its `close` also closes the database. */
  export default function dynalite(options: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
  }): Server;
}

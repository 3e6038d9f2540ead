/** Counts what a project's statements do, so that tests can say how much work an answer is. */
import type { Statement } from 'better-sqlite3';
import type { Project } from '../../src-main/store/project.ts';

/** Rows that came out of statements, rows that they changed, and how often they were run. */
export interface StatementWork {
  rows: number;
  changes: number;
  runs: number;
}

/** Counts from now on. Statements that are prepared by other means are not seen. */
export function countWork(project: Project): StatementWork {
  const work: StatementWork = { rows: 0, changes: 0, runs: 0 };
  const prepare = project.prepare.bind(project);
  const counted = (statement: Statement): Statement =>
    new Proxy(statement, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...values: unknown[]) => {
          const result: unknown = Reflect.apply(value, target, values);
          if (name === 'raw' || name === 'pluck') return counted(result as Statement);
          work.runs++;
          if (name === 'all') work.rows += (result as unknown[]).length;
          if (name === 'get' && result !== undefined) work.rows++;
          if (name === 'run') work.changes += (result as { changes: number }).changes;
          return name === 'iterate' ? countedRows(result as Iterable<unknown>) : result;
        };
      },
    });
  function* countedRows(rows: Iterable<unknown>): Generator<unknown> {
    for (const row of rows) {
      work.rows++;
      yield row;
    }
  }
  Object.defineProperty(project, 'prepare', { value: (sql: string) => counted(prepare(sql) as Statement) });
  return work;
}

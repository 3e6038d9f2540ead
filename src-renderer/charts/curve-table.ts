/** The numbers behind a chart of curves. */
import type { CsvColumn, CsvTable } from './csv.ts';
import type { Curve } from './lines.ts';

/** x, y and error columns of each curve, side by side; curves may have different lengths. */
export function curveTable(curves: readonly Curve[], xName: string, yName: string): CsvTable {
  const columns = curves.flatMap((curve): CsvColumn[] => [
    { name: `${curve.name}: ${xName}`, values: curve.x },
    { name: `${curve.name}: ${yName}`, values: curve.y },
    ...(curve.error ? [{ name: `${curve.name}: error of ${yName}`, values: curve.error }] : []),
  ]);
  return { columns };
}

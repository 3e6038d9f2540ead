/** A figure as data: what a recipe or an analysis shows, independent of who draws it. */

export interface FigureAxis {
  /** With the unit, as people read it: 'V (Å³/atom)'. */
  readonly label: string;
  /** Name of the column in tables: 'volume_a3'. */
  readonly name?: string;
  readonly logarithmic?: boolean;
}

export interface FigureSeries {
  readonly name: string;
  readonly kind: 'line' | 'points' | 'step';
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Name of the series that this one is a fit of or belongs to: same colour, no legend entry of its own. */
  readonly of?: string;
  /** Outside of what the potential was fitted to: points are drawn hollow, lines dashed. */
  readonly outside?: boolean;
  /** Standard errors of y. */
  readonly error?: readonly number[];
}

/** A line across a figure: a value of special meaning, such as a point of high symmetry. */
export interface FigureReference {
  readonly axis: 'x' | 'y';
  readonly value: number;
  readonly label: string;
}

export interface Figure {
  readonly title: string;
  readonly x: FigureAxis;
  readonly y: FigureAxis;
  readonly series: readonly FigureSeries[];
  readonly references?: readonly FigureReference[];
  /** One or two sentences below the title. */
  readonly caption?: string;
}

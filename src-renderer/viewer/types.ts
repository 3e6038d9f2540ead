/** What the structure viewer takes in: typed arrays only, no stores and no transport. */

/** Atoms in a cell, as the viewer draws them. Arrays are read, never written. */
export interface ViewerStructure {
  /** Names of the kinds of atoms; element symbols where known. */
  readonly symbols: readonly string[];
  /** Index into `symbols` per atom; N. */
  readonly kinds: Uint16Array;
  /** Cartesian positions, Å; 3N. */
  readonly positions: Float32Array | Float64Array;
  /** Lattice vectors as rows, Å; 9. All zero for a cluster without a cell. */
  readonly cell: Float64Array;
  /** Periodic along a, b, c. */
  readonly periodic: readonly [boolean, boolean, boolean];
}

/** One number per atom that the viewer can colour by. NaN means unknown and is drawn grey. */
export interface ViewerScalar {
  /** Stable key, e.g. 'force-error'. */
  readonly key: string;
  /** Shown in the menu and on the legend. */
  readonly label: string;
  /** Shown behind the numbers, e.g. 'eV/Å'; empty for pure numbers. */
  readonly unit: string;
  readonly values: Float32Array | Float64Array;
  /** Ends of the colour scale; the 2nd and 98th percentile of the values where absent. */
  readonly range?: readonly [number, number];
  readonly colormap?: ColormapName;
  /** Logarithmic colour scale; the range must then be positive. */
  readonly logarithmic?: boolean;
  /** Values are places in this list: classes with a name and a colour each instead of a scale. */
  readonly classes?: readonly ViewerClass[];
}

/** A class of atoms. */
export interface ViewerClass {
  readonly name: string;
  /** '#rrggbb' */
  readonly color: string;
}

/** One vector per atom that the viewer can draw as an arrow. NaN means unknown and is not drawn. */
export interface ViewerVectors {
  /** Stable key, e.g. 'force'. */
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  /** 3N; of the whole structure 3 */
  readonly values: Float32Array | Float64Array;
  /** One vector of the whole structure, drawn from its middle. */
  readonly single?: boolean;
}

/** Names of the colour scales in colormaps.ts. */
export type ColormapName = 'dusk' | 'ember' | 'tide';

/** One frame of a trajectory. */
export interface ViewerFrame {
  /** Cartesian positions, Å; 3N. */
  readonly positions: Float32Array;
  /** Values for the scalar that is being shown; N. */
  readonly scalar?: Float32Array;
  /** Vectors of each atom under the key that is shown; 3N. */
  readonly vectors?: Float32Array;
  /** Lattice vectors as rows, Å; 9. */
  readonly cell: Float64Array;
}

/** A trajectory that is fetched frame by frame, so that it may be larger than memory. */
export interface ViewerTrajectory {
  readonly count: number;
  /** @param colorKey the scalar that colours the atoms, whose numbers the frame is to bring; null for none */
  frame(index: number, colorKey: string | null, vectorKey?: string): Promise<ViewerFrame>;
  /** Text for a frame under the slider, e.g. '1.25 ps'. */
  label?(index: number): string;
}

/** Keeps atoms with from ≤ n·r ≤ to, n a unit vector in Cartesian coordinates, distances in Å. */
export interface SlicePlane {
  readonly normal: readonly [number, number, number];
  readonly from: number;
  readonly to: number;
}

export type ViewerTheme = 'light' | 'dark';
export type ProjectionName = 'perspective' | 'orthographic';
export type Vector3Tuple = [number, number, number];

/** Colours and sizes that do not belong to single atoms. Colours are sRGB in [0, 1]. */
export interface SceneStyle {
  background: [number, number, number];
  selection: [number, number, number];
  cellEdges: [number, number, number];
  arrows: [number, number, number];
  /** Factor on the atoms' radii. */
  radiusScale: number;
  /** Å */
  bondRadius: number;
  /** Å */
  arrowRadius: number;
  /** How much the back of the scene fades into the background, 0 to 1. */
  haze: number;
}

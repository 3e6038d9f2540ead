/** What is drawn about atoms besides balls and sticks: a vector of each as an arrow, and coordination polyhedra. */
import { arrowScale, frameVectors, middleOf, packArrows } from './arrows.ts';
import type { BondList } from './bond-search.ts';
import { coordinationPolyhedra } from './polyhedra.ts';
import type { StructureScene } from './scene.ts';
import type { ViewerStructure, ViewerVectors } from './types.ts';
import { AUTOMATIC_BOND_ATOMS, type ViewOptions } from './view-options.ts';

/** Atoms as they are drawn now. */
export interface DrawnAtoms {
  readonly structure: ViewerStructure;
  /** Positions of the frame, 3N. */
  readonly raw: Float32Array | Float64Array;
  /** The same as drawn, moved into the cell where asked; 3N. */
  readonly shown: Float32Array;
  readonly cell: Float64Array;
  readonly offsets: Float32Array;
  readonly options: ViewOptions;
}

/** What an arrow means. */
export interface ArrowWords {
  readonly label: string;
  readonly unit: string;
  /** Length of a vector that is drawn 1 Å long. */
  readonly perAngstrom: number;
}

export class Decorations {
  /** Polyhedra that are drawn, without images. */
  polyhedra = 0;
  /** Arrows that are drawn, with images. */
  arrows = 0;
  private vectors: ViewerVectors | undefined;
  private ofFrame: Float32Array | undefined;
  /** Å per unit of the vectors; 0 until some were seen. */
  private length = 0;
  private readonly scene: StructureScene;

  constructor(scene: StructureScene) {
    this.scene = scene;
  }

  /** Chooses the vectors that are drawn; none where undefined. */
  choose(vectors: ViewerVectors | undefined): void {
    if (vectors?.key !== this.vectors?.key) this.forget();
    this.vectors = vectors;
  }

  /** Another structure is shown. */
  forget(): void {
    this.ofFrame = undefined;
    this.length = 0;
  }

  /** Vectors that came with a frame. */
  setFrame(vectors: Float32Array | undefined): void {
    this.ofFrame = vectors;
  }

  drawArrows({ structure, raw, shown, cell, offsets, options }: DrawnAtoms): void {
    const values = frameVectors(this.vectors, this.ofFrame, structure, raw, cell);
    let packed: Float32Array = new Float32Array(0);
    const middle = this.vectors?.single === true ? middleOf(shown) : undefined;
    const starts = middle?.start ?? shown;
    if (values && values.length === starts.length) {
      // arrows must not breathe while a trajectory plays: their scale stays until other vectors are chosen
      if (!(this.length > 0)) this.length = arrowScale(values, middle?.reach);
      packed = packArrows(starts, values, this.length * options.vectorScale, offsets);
    }
    this.arrows = packed.length / 8;
    this.scene.setArrows(packed);
  }

  /** What the arrows mean; undefined where there are none. */
  words(options: ViewOptions): ArrowWords | undefined {
    const scale = this.length * options.vectorScale;
    if (!this.vectors || !(scale > 0)) return undefined;
    return { label: this.vectors.label, unit: this.vectors.unit, perAngstrom: 1 / scale };
  }

  drawPolyhedra(
    { structure, raw, shown, cell, offsets, options }: DrawnAtoms,
    bonds: BondList | undefined,
  ): void {
    const drawn = structure.kinds.length * (offsets.length / 3);
    if (!options.polyhedra || !bonds || drawn > AUTOMATIC_BOND_ATOMS) {
      if (this.polyhedra > 0) this.scene.setFaces(undefined);
      this.polyhedra = 0;
      return;
    }
    const faces = coordinationPolyhedra(structure, raw, shown, cell, bonds, offsets);
    this.polyhedra = faces.count;
    this.scene.setFaces(faces);
  }
}

/**
 * One structure on one canvas: keeps atoms, colours, bonds, images, slices and selection together and hands the scene
 * the arrays that changed. Knows neither Vue nor where data come from.
 */
import { BondFinder } from './bond-finder.ts';
import { bondLimits, bondsHelp } from './bond-rules.ts';
import type { BondList } from './bond-search.ts';
import {
  fitCamera,
  panView,
  presetOrientation,
  projectPoint,
  rotateView,
  worldPerPixel,
  type CameraPreset,
  type CameraState,
} from './camera.ts';
import { classBytes, colormapBytes } from './colormaps.ts';
import { Decorations, type ArrowWords, type DrawnAtoms } from './decorations.ts';
import { lookColor, lookSize, type ElementLooks } from './element-look.ts';
import {
  boundingSphere,
  displayedPositions,
  imageOffsets,
  packAtoms,
  packCellEdges,
  packHalfBonds,
  packStates,
  repeatBlock,
  viewedSpheres,
} from './instances.ts';
import { atomsInRectangle, pickInstance, type PickView, type PixelRectangle } from './picking.ts';
import { percentileRange } from './scalar-range.ts';
import { StructureScene } from './scene.ts';
import type {
  ColormapName,
  ProjectionName,
  ViewerClass,
  ViewerFrame,
  ViewerScalar,
  ViewerStructure,
  ViewerTheme,
  ViewerVectors,
} from './types.ts';
import {
  AUTOMATIC_BOND_ATOMS,
  defaultViewOptions,
  drawnRadius,
  resolvedRepresentation,
  slicePlanes,
  themeStyle,
} from './view-options.ts';
import type { ViewOptions } from './view-options.ts';

/** What the legend shows of the scalar that colours the atoms. */
export interface ActiveScale {
  readonly label: string;
  readonly unit: string;
  readonly from: number;
  readonly to: number;
  readonly colormap: ColormapName;
  readonly logarithmic: boolean;
  readonly classes?: readonly ViewerClass[];
  /** Atoms of each class in the frame that is shown. */
  readonly counts?: readonly number[];
}

/** Atoms of each class. */
function countClasses(values: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let atom = 0; atom < values.length; atom++) {
    const value = values[atom];
    if (value >= 0 && value < classes) counts[value]++;
  }
  return counts;
}

const NO_STRUCTURE: ViewerStructure = {
  symbols: [],
  kinds: new Uint16Array(0),
  positions: new Float32Array(0),
  cell: new Float64Array(9),
  periodic: [false, false, false],
};

export class StructureView {
  readonly scene: StructureScene;
  options: ViewOptions = defaultViewOptions();
  selection: Uint32Array = new Uint32Array(0);
  /** Spheres as drawn, all images; 4 per instance. */
  atoms: Float32Array = new Float32Array(0);
  scale: ActiveScale | undefined;
  /** Searches for bonds that came to an end. */
  bondSearches = 0;
  /** How often all atoms were coloured; stands still while only positions change. */
  colourings = 0;
  /** Bonds found for the current structure or an earlier frame of it. */
  private bonds: BondList | undefined;
  private structure: ViewerStructure = NO_STRUCTURE;
  private raw: Float32Array | Float64Array = NO_STRUCTURE.positions;
  private cell: Float64Array = NO_STRUCTURE.cell;
  private shown: Float32Array = new Float32Array(0);
  private offsets: Float32Array = new Float32Array(3);
  private states: Float32Array = new Float32Array(0);
  private scalar: ViewerScalar | undefined;
  private frameScalar: Float32Array | undefined;
  private looks: ElementLooks = {};
  readonly decorations: Decorations;
  private readonly finder = new BondFinder();
  private readonly canvas: HTMLCanvasElement;
  private theme: ViewerTheme;
  /** Told when bonds could not be found. */
  onProblem: ((sentence: string) => void) | undefined;

  constructor(canvas: HTMLCanvasElement, theme: ViewerTheme) {
    this.canvas = canvas;
    this.theme = theme;
    const camera: CameraState = {
      target: [0, 0, 0],
      orientation: presetOrientation('perspective', new Float64Array(9)),
      distance: 30,
      projection: 'perspective',
    };
    this.scene = new StructureScene(canvas, camera, themeStyle(theme, this.options.depthCue));
    this.decorations = new Decorations(this.scene);
  }

  /** Number of atoms without images. */
  get atomCount(): number {
    return this.structure.kinds.length;
  }

  /** Lattice vectors of the frame that is shown, rows, Å. */
  get currentCell(): Float64Array {
    return this.cell;
  }

  /** Shows another structure; the camera is fitted unless it stays where it was. */
  setStructure(structure: ViewerStructure, keepCamera = false): void {
    this.structure = structure;
    this.raw = structure.positions;
    this.cell = structure.cell;
    this.bonds = undefined;
    this.frameScalar = undefined;
    this.decorations.forget();
    this.selection = this.selection.filter((atom) => atom < structure.kinds.length);
    this.colorKinds();
    this.rebuild();
    if (!keepCamera) this.fit();
    void this.findBonds();
  }

  private colorKinds(): void {
    const colors = new Uint8Array(4 * 256);
    this.structure.symbols.forEach((symbol, kind) =>
      colors.set([...lookColor(this.looks, symbol, kind), 255], 4 * kind),
    );
    this.scene.setKindColors(colors);
  }

  /** Draws elements with other colours and sizes. */
  setLooks(looks: ElementLooks): void {
    this.looks = looks;
    this.colorKinds();
    this.place();
  }

  /** Draws a vector per atom as an arrow; none where undefined. */
  setVectors(vectors: ViewerVectors | undefined): void {
    this.decorations.choose(vectors);
    this.decorations.drawArrows(this.drawn);
  }

  /** What the arrows mean; undefined where there are none. */
  get arrowWords(): ArrowWords | undefined {
    return this.decorations.words(this.options);
  }

  private get drawn(): DrawnAtoms {
    const { structure, raw, shown, cell, offsets, options } = this;
    return { structure, raw, shown, cell, offsets, options };
  }

  /** Shows other positions of the same atoms. */
  setFrame(frame: ViewerFrame): void {
    if (frame.positions.length !== 3 * this.atomCount) return;
    this.raw = frame.positions;
    this.cell = frame.cell;
    this.decorations.setFrame(frame.vectors);
    this.place();
    // colours change from frame to frame only where the frames bring numbers of their own
    if (frame.scalar !== this.frameScalar) {
      this.frameScalar = frame.scalar;
      if (this.scalar) this.updateStates();
    }
    this.updateBonds();
    void this.findBonds();
  }

  /** Colours by a number per atom, or by element. */
  setScalar(scalar: ViewerScalar | undefined): void {
    // the frame's numbers are those of another scalar
    if (scalar?.key !== this.scalar?.key) this.frameScalar = undefined;
    this.scalar = scalar;
    this.updateStates();
    this.updateBonds();
  }

  setSelection(selection: Uint32Array): void {
    this.selection = selection;
    this.updateStates();
    this.updateBonds();
  }

  setOptions(options: ViewOptions): void {
    const before = this.options;
    this.options = options;
    const images = (o: ViewOptions) => o.repetitions.join();
    this.rebuild();
    if (options.tolerance !== before.tolerance || !this.bonds) void this.findBonds();
    if (images(options) !== images(before)) this.fit();
    this.setTheme(this.theme);
  }

  setTheme(theme: ViewerTheme): void {
    this.theme = theme;
    Object.assign(this.scene.style, themeStyle(theme, this.options.depthCue));
    this.scene.invalidate();
  }

  /** Puts everything together again after structure or options changed. */
  private rebuild(): void {
    this.place();
    this.updateStates();
    this.updateBonds();
  }

  /** Puts atoms and edges where they are. */
  private place(): void {
    const { structure, options } = this;
    this.shown = displayedPositions(this.raw, this.cell, structure.periodic, options.wrap, this.shown);
    this.offsets = imageOffsets(this.cell, options.repetitions);
    const representation = this.representation;
    const radii = structure.symbols.map(
      (symbol) => drawnRadius(symbol, representation) * lookSize(this.looks, symbol),
    );
    this.atoms = packAtoms(this.shown, structure.kinds, radii, this.offsets, this.atoms);
    const edges = packCellEdges(this.cell, this.offsets);
    this.scene.sphere = boundingSphere(this.atoms, edges);
    this.scene.slices = slicePlanes(options.slices, this.cell, this.atoms);
    this.scene.setAtoms(this.atoms);
    this.scene.setCellEdges(options.cell ? edges : new Float32Array(0));
    this.decorations.drawArrows(this.drawn);
  }

  private updateStates(): void {
    const { scalar } = this;
    const values = scalar ? (this.frameScalar ?? scalar.values) : undefined;
    this.scale = undefined;
    this.scene.mapping = undefined;
    if (scalar && values) {
      const { classes } = scalar;
      // a running trajectory keeps the range of the first frame unless the caller sets one: colours must not flicker
      const [from, to] = classes
        ? [-0.5, classes.length - 0.5]
        : (scalar.range ?? percentileRange(scalar.values));
      const colormap = scalar.colormap ?? 'dusk';
      const logarithmic = (scalar.logarithmic ?? false) && from > 0;
      const counts = classes && countClasses(values, classes.length);
      this.scale = {
        label: scalar.label,
        unit: scalar.unit,
        from,
        to,
        colormap,
        logarithmic,
        classes,
        counts,
      };
      this.scene.mapping = { from, to, logarithmic };
      this.scene.setColorScale(classes ? classBytes(classes) : colormapBytes(colormap));
    }
    this.colourings++;
    this.states = packStates(this.structure.kinds, values, this.selection, this.states);
    this.scene.anySelected = this.selection.length > 0;
    this.scene.setAtomStates(repeatBlock(this.states, this.offsets.length / 3));
  }

  /** Atoms with all their images. */
  private get drawnAtoms(): number {
    return this.atomCount * (this.offsets.length / 3);
  }

  private get representation(): ReturnType<typeof resolvedRepresentation> {
    return resolvedRepresentation(this.options.representation, this.drawnAtoms);
  }

  private get bondsWanted(): boolean {
    const { bonds, polyhedra } = this.options;
    if (polyhedra && this.drawnAtoms <= AUTOMATIC_BOND_ATOMS) return true;
    if (this.representation === 'space-filling') return false;
    return bonds === 'on' || (bonds === 'auto' && this.drawnAtoms <= AUTOMATIC_BOND_ATOMS);
  }

  /** Whether sticks are drawn: in metals only where they are asked for. */
  get bondsShown(): boolean {
    if (!this.bondsWanted || !this.bonds) return false;
    if (this.options.bonds === 'on' || this.options.representation === 'sticks') return true;
    const present = this.composition().flatMap(({ symbol, count }) => (count > 0 ? [symbol] : []));
    return bondsHelp(present, this.bonds.first.length, this.atomCount);
  }

  /** Redraws the bonds already found at the current positions. */
  private updateBonds(): void {
    this.decorations.drawPolyhedra(this.drawn, this.bonds);
    if (!this.bondsShown || !this.bonds) {
      this.scene.setBonds(new Float32Array(0));
      return;
    }
    const { kinds, periodic, symbols } = this.structure;
    const { packed } = packHalfBonds(
      { kinds, periodic, cell: this.cell },
      this.raw,
      this.shown,
      this.states,
      this.bonds,
      bondLimits(symbols, this.options.tolerance),
      this.offsets,
    );
    this.scene.setBonds(packed);
  }

  /** Number of bonds found, without images. */
  get bondCount(): number {
    return this.bonds?.first.length ?? 0;
  }

  private async findBonds(): Promise<void> {
    if (!this.bondsWanted || this.atomCount === 0) return;
    const { structure } = this;
    try {
      const bonds = await this.finder.find({
        positions: this.raw,
        kinds: this.structure.kinds,
        limits: bondLimits(this.structure.symbols, this.options.tolerance),
        cell: this.cell,
        periodic: this.structure.periodic,
      });
      // another structure may have come meanwhile; another frame of the same one may keep these
      if (!bonds || structure !== this.structure) return;
      this.bondSearches++;
      this.bonds = bonds;
      this.updateBonds();
    } catch (error) {
      this.onProblem?.(`Bonds cannot be drawn. ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Shows everything. */
  fit(): void {
    this.setCamera(
      fitCamera(
        this.scene.camera,
        viewedSpheres(this.atoms, packCellEdges(this.cell, this.offsets)),
        this.scene.aspect,
      ),
    );
  }

  preset(preset: CameraPreset): void {
    const orientation = presetOrientation(preset, this.cell);
    this.setCamera(
      fitCamera(
        { ...this.scene.camera, orientation },
        viewedSpheres(this.atoms, packCellEdges(this.cell, this.offsets)),
        this.scene.aspect,
      ),
    );
  }

  setProjection(projection: ProjectionName): void {
    this.setCamera({ ...this.scene.camera, projection });
  }

  /** Turns by a drag in pixels: the distance of the canvas's shorter side is half a turn. */
  rotate(dx: number, dy: number): void {
    const length = Math.hypot(dx, dy);
    if (length === 0) return;
    const side = Math.max(1, Math.min(this.canvas.clientWidth, this.canvas.clientHeight));
    this.setCamera(rotateView(this.scene.camera, [dy, dx, 0], (length / side) * Math.PI));
  }

  /** Turns about the direction of view, radians. */
  roll(angle: number): void {
    this.setCamera(rotateView(this.scene.camera, [0, 0, 1], angle));
  }

  /** Moves the scene by a drag in pixels. */
  pan(dx: number, dy: number): void {
    const scale = worldPerPixel(this.scene.camera, Math.max(1, this.canvas.clientHeight));
    this.setCamera(panView(this.scene.camera, -dx * scale, dy * scale));
  }

  /** Comes nearer by a factor above 1, keeping what is under a pixel in place. */
  zoom(factor: number, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2): void {
    const { camera } = this.scene;
    const height = Math.max(1, this.canvas.clientHeight);
    const distance = Math.min(1e5, Math.max(1, camera.distance / factor));
    const moved = worldPerPixel(camera, height) - worldPerPixel({ ...camera, distance }, height);
    const right = (x - this.canvas.clientWidth / 2) * moved;
    const up = (height / 2 - y) * moved;
    this.setCamera({ ...panView(camera, right, up), distance });
  }

  /** Turns the camera about an atom from now on and brings it to the middle. */
  focusInstance(instance: number): void {
    const at = 4 * instance;
    const target: CameraState['target'] = [this.atoms[at], this.atoms[at + 1], this.atoms[at + 2]];
    const distance = Math.min(this.scene.camera.distance, 45);
    this.setCamera({ ...this.scene.camera, target, distance });
  }

  setCamera(camera: CameraState): void {
    this.scene.camera = camera;
    this.scene.invalidate();
  }

  private get pickView(): PickView {
    return {
      camera: this.scene.camera,
      width: this.canvas.clientWidth,
      height: this.canvas.clientHeight,
      slices: this.scene.slices,
      radiusScale: this.scene.style.radiusScale,
    };
  }

  /** Instance under a pixel of the canvas, or −1. */
  pick(x: number, y: number): number {
    return pickInstance(this.atoms, this.pickView, x, y);
  }

  /** Atoms within a rectangle of the canvas. */
  box(rectangle: PixelRectangle): Uint32Array {
    return atomsInRectangle(this.atoms, this.atomCount, this.pickView, rectangle);
  }

  /** Where an instance lies on the canvas, CSS pixels. */
  instancePixel(instance: number): { x: number; y: number } {
    const position = this.instancePosition(instance);
    return projectPoint(this.scene.camera, position, this.canvas.clientWidth, this.canvas.clientHeight);
  }

  /** Centre of an instance, Å. */
  instancePosition(instance: number): Float32Array {
    return this.atoms.slice(4 * instance, 4 * instance + 3);
  }

  /** 'Si 12' for an instance: its kind and the atom's number, counted from 1. */
  instanceName(instance: number): string {
    const atom = instance % Math.max(1, this.atomCount);
    return `${this.structure.symbols[this.structure.kinds[atom]]} ${atom + 1}`;
  }

  /** Value of the shown scalar at an atom. */
  scalarAt(atom: number): number | undefined {
    return this.scalar ? (this.frameScalar ?? this.scalar.values)[atom] : undefined;
  }

  /** Symbols with their counts, for the legend. */
  composition(): { symbol: string; kind: number; count: number }[] {
    const counts = new Array<number>(this.structure.symbols.length).fill(0);
    for (const kind of this.structure.kinds) counts[kind]++;
    return this.structure.symbols.map((symbol, kind) => ({ symbol, kind, count: counts[kind] }));
  }

  dispose(): void {
    this.finder.dispose();
    this.scene.dispose();
  }
}

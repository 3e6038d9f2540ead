/**
 * The Babylon.js side of the viewer: two instanced meshes of impostors (atoms, half bonds) and one for the cell's
 * edges, drawn only when something changed. Everything about what is shown is decided elsewhere and handed in as
 * typed arrays.
 */
import { Camera } from '@babylonjs/core/Cameras/camera.js';
import { Engine } from '@babylonjs/core/Engines/engine.js';
import { RawTexture } from '@babylonjs/core/Materials/Textures/rawTexture.js';
import { RenderTargetTexture } from '@babylonjs/core/Materials/Textures/renderTargetTexture.js';
import { Color4 } from '@babylonjs/core/Maths/math.color.js';
import { Vector3 } from '@babylonjs/core/Maths/math.vector.js';
import { Scene } from '@babylonjs/core/scene.js';
import { projectionMatrix, viewMatrix, FIELD_OF_VIEW, depthRange } from './camera.ts';
import type { BoundingSphere, CameraState, Window2D } from './camera.ts';
import { ImpostorMesh, type ImpostorUniforms } from './impostor-mesh.ts';
import { arrowShape } from './arrow-shape.ts';
import { FaceMesh } from './face-mesh.ts';
import type { Polyhedra } from './polyhedra.ts';
import {
  ARROW_FRAGMENT,
  ARROW_VERTEX,
  CYLINDER_FRAGMENT,
  CYLINDER_VERTEX,
  SPHERE_FRAGMENT,
  SPHERE_VERTEX,
} from './shaders.ts';
import type { SceneStyle, SlicePlane } from './types.ts';

/** How the scalar is mapped to the colour scale; undefined colours by kind. */
export interface ScaleMapping {
  from: number;
  to: number;
  logarithmic: boolean;
}

/** A picture of part of the view. */
export interface RenderRequest {
  readonly width: number;
  readonly height: number;
  /** Height of the whole picture in these pixels, where `part` shows only a piece of it. */
  readonly wholeHeight: number;
  readonly aspect: number;
  readonly part?: Window2D;
  readonly transparent?: boolean;
}

const MAXIMUM_SLICES = 3;

export class StructureScene {
  camera: CameraState;
  sphere: BoundingSphere = { center: [0, 0, 0], radius: 1 };
  slices: readonly SlicePlane[] = [];
  mapping: ScaleMapping | undefined;
  anySelected = false;
  /** Called after every drawing, to move overlays along. */
  onDrawn: (() => void) | undefined;
  /** Drawings so far; stands still while nothing changes. */
  drawings = 0;
  readonly style: SceneStyle;
  private readonly engine: Engine;
  private readonly scene: Scene;
  private readonly atoms: ImpostorMesh;
  private readonly bonds: ImpostorMesh;
  private readonly edges: ImpostorMesh;
  private readonly arrows: ImpostorMesh;
  private readonly faces: FaceMesh;
  private kindColors: RawTexture;
  private colorScale: RawTexture;
  private requested = 0;
  private readonly canvas: HTMLCanvasElement;

  /** @throws Error when the browser offers no WebGL 2 */
  constructor(canvas: HTMLCanvasElement, camera: CameraState, style: SceneStyle) {
    this.canvas = canvas;
    this.camera = camera;
    this.style = style;
    this.engine = new Engine(canvas, true, {
      alpha: false,
      stencil: false,
      preserveDrawingBuffer: false,
      powerPreference: 'high-performance',
      audioEngine: false,
      doNotHandleContextLost: false,
    });
    if (this.engine.webGLVersion < 2) {
      this.engine.dispose();
      throw new Error('no WebGL 2');
    }
    this.engine.onContextRestoredObservable.add(() => this.invalidate());
    this.scene = new Scene(this.engine);
    this.scene.useRightHandedSystem = true;
    this.scene.skipPointerMovePicking = true;
    this.scene.autoClear = true;
    // the shaders bring their own matrices; Babylon only wants some camera to be there
    this.scene.activeCamera = new Camera('view', Vector3.Zero(), this.scene);
    const compiled = () => this.invalidate();
    const sphere = { vertex: SPHERE_VERTEX, fragment: SPHERE_FRAGMENT, attributes: ['atom', 'state'] };
    const cylinder = {
      vertex: CYLINDER_VERTEX,
      fragment: CYLINDER_FRAGMENT,
      attributes: ['start', 'extent', 'state'],
    };
    this.atoms = new ImpostorMesh('atoms', this.scene, sphere, compiled);
    this.bonds = new ImpostorMesh('bonds', this.scene, cylinder, compiled);
    this.edges = new ImpostorMesh('cell', this.scene, cylinder, compiled);
    const arrow = {
      vertex: ARROW_VERTEX,
      fragment: ARROW_FRAGMENT,
      attributes: ['start', 'extent', 'state'],
      shape: arrowShape(),
    };
    this.arrows = new ImpostorMesh('arrows', this.scene, arrow, compiled);
    this.faces = new FaceMesh(this.scene, compiled);
    this.kindColors = this.texture(new Uint8Array(4 * 256), false);
    this.colorScale = this.texture(new Uint8Array(4 * 256), true);
  }

  /** Spheres, x y z radius each; 4 per instance. */
  setAtoms(packed: Float32Array): void {
    this.atoms.setBuffer('atom', packed, [['atom', 4]]);
    this.atoms.setCount(packed.length / 4);
    this.invalidate();
  }

  /** Colour coordinate and flags; 2 per instance, as many as atoms. */
  setAtomStates(states: Float32Array): void {
    this.atoms.setBuffer('state', states, [['state', 2]]);
    this.invalidate();
  }

  /** Half bonds as packed by instances.ts; 8 per instance. */
  setBonds(packed: Float32Array): void {
    this.setCylinders(this.bonds, packed);
  }

  /** Edges of the cell; 8 per instance. */
  setCellEdges(packed: Float32Array): void {
    this.setCylinders(this.edges, packed);
  }

  /** Arrows as packed by arrows.ts; 8 per instance. */
  setArrows(packed: Float32Array): void {
    this.setCylinders(this.arrows, packed);
  }

  /** Faces of polyhedra. */
  setFaces(faces: Polyhedra | undefined): void {
    this.faces.set(faces);
    this.invalidate();
  }

  private setCylinders(mesh: ImpostorMesh, packed: Float32Array): void {
    if (packed.length > 0) {
      mesh.setBuffer('cylinder', packed, [
        ['start', 3],
        ['extent', 3],
        ['state', 2],
      ]);
    }
    mesh.setCount(packed.length / 8);
    this.invalidate();
  }

  /** Colours of up to 256 kinds, RGBA bytes. */
  setKindColors(bytes: Uint8Array): void {
    this.kindColors.dispose();
    this.kindColors = this.texture(bytes, false);
    this.invalidate();
  }

  /** A colour scale of 256 RGBA colours. */
  setColorScale(bytes: Uint8Array): void {
    this.colorScale.dispose();
    this.colorScale = this.texture(bytes, true);
    this.invalidate();
  }

  private texture(bytes: Uint8Array, smooth: boolean): RawTexture {
    const padded = new Uint8Array(4 * 256);
    padded.set(bytes.subarray(0, padded.length));
    const sampling = smooth ? RawTexture.BILINEAR_SAMPLINGMODE : RawTexture.NEAREST_SAMPLINGMODE;
    const texture = RawTexture.CreateRGBATexture(padded, 256, 1, this.scene, false, false, sampling);
    texture.wrapU = RawTexture.CLAMP_ADDRESSMODE;
    texture.wrapV = RawTexture.CLAMP_ADDRESSMODE;
    return texture;
  }

  /** Asks for one drawing at the next display refresh; nothing runs while nothing changes. */
  invalidate(): void {
    if (this.requested !== 0 || this.engine.isDisposed) return;
    this.requested = requestAnimationFrame(() => {
      this.requested = 0;
      this.draw();
    });
  }

  /** Fits the drawing buffer to the canvas's size on the page. */
  resize(): void {
    this.engine.setHardwareScalingLevel(1 / Math.min(window.devicePixelRatio || 1, 2));
    this.engine.resize(true);
    // a resized canvas is empty: drawing at once avoids a flash
    this.draw();
  }

  /** Width over height of the canvas. */
  get aspect(): number {
    return Math.max(1, this.canvas.clientWidth) / Math.max(1, this.canvas.clientHeight);
  }

  draw(): void {
    if (this.engine.isDisposed) return;
    const height = this.engine.getRenderHeight();
    const multisampled = (this.engine._gl.getContextAttributes()?.antialias ?? false) && this.samples() > 1;
    this.apply(
      { width: this.engine.getRenderWidth(), height, wholeHeight: height, aspect: this.aspect },
      multisampled,
    );
    const [red, green, blue] = this.style.background;
    this.scene.clearColor = new Color4(red, green, blue, 1);
    this.engine.beginFrame();
    this.engine.setAlphaToCoverage(multisampled);
    this.scene.render(false, true);
    this.engine.setAlphaToCoverage(false);
    this.engine.endFrame();
    this.drawings++;
    this.onDrawn?.();
  }

  private samples(): number {
    const gl = this.engine._gl;
    const samples: unknown = gl.getParameter(gl.SAMPLES);
    return typeof samples === 'number' ? samples : 0;
  }

  /** RGBA bytes of a picture, lower row first, alpha not premultiplied. */
  async renderPixels(request: RenderRequest): Promise<Uint8Array> {
    const target = new RenderTargetTexture(
      'export',
      { width: request.width, height: request.height },
      this.scene,
      { generateMipMaps: false, generateDepthBuffer: true },
    );
    try {
      const [red, green, blue] = this.style.background;
      target.clearColor = new Color4(red, green, blue, request.transparent ? 0 : 1);
      const parts = [this.atoms, this.bonds, this.edges, this.arrows, this.faces];
      target.renderList = parts.map(({ mesh }) => mesh);
      target.activeCamera = this.scene.activeCamera;
      this.apply(request, false);
      target.render();
      const pixels = await target.readPixels();
      if (!pixels) throw new Error('the picture could not be read back');
      return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
    } finally {
      target.dispose();
      this.invalidate();
    }
  }

  /** Largest side of a picture that the graphics card renders at once. */
  get largestTile(): number {
    return Math.min(4096, this.engine.getCaps().maxRenderTextureSize);
  }

  /** Hands all settings to the three materials. */
  private apply(request: RenderRequest, multisampled: boolean): void {
    const { camera, sphere, style } = this;
    const perspective = camera.projection === 'perspective';
    const viewed = perspective ? 1 : camera.distance;
    const depth = depthRange(camera, sphere);
    const normals = new Array<number>(4 * MAXIMUM_SLICES).fill(0);
    const ends = [1, 1, 1, 1];
    this.slices.slice(0, MAXIMUM_SLICES).forEach((slice, k) => {
      normals.splice(4 * k, 4, ...slice.normal, slice.from);
      ends[k] = slice.to;
    });
    for (let k = this.slices.length; k < MAXIMUM_SLICES; k++) normals[4 * k + 3] = -1;
    const uniforms: ImpostorUniforms = {
      matrices: {
        viewFromWorld: viewMatrix(camera),
        clipFromView: projectionMatrix(camera, request.aspect, sphere, request.part),
      },
      floats: {
        perspective: perspective ? 1 : 0,
        radiusScale: style.radiusScale,
        focalPixels: request.wholeHeight / (2 * Math.tan(FIELD_OF_VIEW / 2) * viewed),
        transparentBackground: request.transparent ? 1 : 0,
        anySelected: this.anySelected ? 1 : 0,
        plainColor: 0,
        cylinderRadius: style.bondRadius,
      },
      vectors3: { background: style.background, selectionColor: style.selection, plain: style.cellEdges },
      vectors4: {
        scaleRange: this.mapping
          ? [this.mapping.from, this.mapping.to, 1, this.mapping.logarithmic ? 1 : 0]
          : [0, 1, 0, 0],
        haze: [depth.near, depth.far, style.haze, multisampled ? 1 : 0],
        sliceEnds: ends,
      },
      arrays4: { sliceNormals: normals },
      textures: { kindColors: this.kindColors, colorScale: this.colorScale },
    };
    this.atoms.apply(uniforms);
    this.bonds.apply(uniforms);
    this.faces.apply(uniforms);
    this.arrows.apply({
      ...uniforms,
      floats: { ...uniforms.floats, cylinderRadius: style.arrowRadius },
      vectors3: { ...uniforms.vectors3, plain: style.arrows },
    });
    this.edges.apply({
      ...uniforms,
      floats: { ...uniforms.floats, plainColor: 1, cylinderRadius: 0.0018 * this.sphere.radius + 0.008 },
    });
  }

  dispose(): void {
    cancelAnimationFrame(this.requested);
    this.onDrawn = undefined;
    this.scene.dispose();
    this.engine.dispose();
  }
}

/** One square, drawn once per instance: the mesh, material and instance buffers behind a kind of impostor. */
import { Buffer, type VertexBuffer } from '@babylonjs/core/Buffers/buffer.js';
import type { BaseTexture } from '@babylonjs/core/Materials/Textures/baseTexture.js';
import { ShaderMaterial } from '@babylonjs/core/Materials/shaderMaterial.js';
import { Color3 } from '@babylonjs/core/Maths/math.color.js';
import { Matrix, Vector4 } from '@babylonjs/core/Maths/math.vector.js';
import { Mesh } from '@babylonjs/core/Meshes/mesh.js';
import type { Scene } from '@babylonjs/core/scene.js';

/** Everything that the shaders are told; names a shader does not use are ignored. */
export interface ImpostorUniforms {
  readonly matrices: Readonly<Record<string, Float32Array>>;
  readonly floats: Readonly<Record<string, number>>;
  readonly vectors3: Readonly<Record<string, readonly [number, number, number]>>;
  readonly vectors4: Readonly<Record<string, readonly number[]>>;
  readonly arrays4: Readonly<Record<string, number[]>>;
  readonly textures: Readonly<Record<string, BaseTexture>>;
}

export interface ImpostorSource {
  readonly vertex: string;
  readonly fragment: string;
  readonly attributes: readonly string[];
  /** What is drawn once per instance; a square where absent. */
  readonly shape?: { readonly corners: number[]; readonly normals?: number[]; readonly triangles: number[] };
}

const SQUARE: NonNullable<ImpostorSource['shape']> = {
  corners: [-1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 1, 0],
  triangles: [0, 1, 2, 0, 2, 3],
};

// prettier-ignore
const UNIFORMS = [
  'viewFromWorld', 'clipFromView', 'perspective', 'radiusScale', 'focalPixels', 'transparentBackground',
  'anySelected', 'plainColor', 'cylinderRadius', 'background', 'selectionColor', 'plain', 'scaleRange', 'haze',
  'sliceEnds', 'sliceNormals', 'opacity',
];

export class ImpostorMesh {
  readonly mesh: Mesh;
  private readonly material: ShaderMaterial;
  private readonly scene: Scene;
  private readonly buffers = new Map<string, { buffer: Buffer; length: number; vertex: VertexBuffer[] }>();

  /** @param compiled called when the shader is ready, to draw again */
  constructor(name: string, scene: Scene, source: ImpostorSource, compiled: () => void) {
    this.scene = scene;
    this.mesh = new Mesh(name, scene);
    const { corners, normals, triangles } = source.shape ?? SQUARE;
    this.mesh.setVerticesData('position', corners);
    if (normals) this.mesh.setVerticesData('normal', normals);
    this.mesh.setIndices(triangles);
    this.mesh.alwaysSelectAsActiveMesh = true;
    this.mesh.isPickable = false;
    this.mesh.setEnabled(false);
    this.material = new ShaderMaterial(
      name,
      scene,
      { vertexSource: source.vertex, fragmentSource: source.fragment },
      {
        attributes: ['position', ...(normals ? ['normal'] : []), ...source.attributes],
        uniforms: UNIFORMS,
        samplers: ['kindColors', 'colorScale'],
      },
    );
    this.material.backFaceCulling = false;
    this.material.onCompiled = compiled;
    this.mesh.material = this.material;
  }

  /** Uploads instanced data; interleaved attributes are given with their number of components, in order. */
  setBuffer(name: string, data: Float32Array, attributes: readonly (readonly [string, number])[]): void {
    const held = this.buffers.get(name);
    if (held && held.length === data.length) {
      held.buffer.updateDirectly(data, 0);
      return;
    }
    const engine = this.scene.getEngine();
    const stride = attributes.reduce((sum, [, size]) => sum + size, 0);
    const buffer = new Buffer(engine, data, true, stride, false, true);
    let offset = 0;
    const vertex = attributes.map(([attribute, size]) => {
      const made = buffer.createVertexBuffer(attribute, offset, size, stride, true);
      offset += size;
      return made;
    });
    for (const made of vertex) this.mesh.setVerticesBuffer(made, false);
    held?.buffer.dispose();
    this.buffers.set(name, { buffer, length: data.length, vertex });
  }

  /** Number of instances drawn. */
  setCount(count: number): void {
    this.mesh.forcedInstanceCount = count;
    this.mesh.setEnabled(count > 0);
  }

  apply(uniforms: ImpostorUniforms): void {
    const { material } = this;
    for (const [name, value] of Object.entries(uniforms.matrices)) {
      material.setMatrix(name, Matrix.FromArray(value));
    }
    for (const [name, value] of Object.entries(uniforms.floats)) material.setFloat(name, value);
    for (const [name, [x, y, z]] of Object.entries(uniforms.vectors3)) {
      material.setColor3(name, new Color3(x, y, z));
    }
    for (const [name, [x, y, z, w]] of Object.entries(uniforms.vectors4)) {
      material.setVector4(name, new Vector4(x, y, z, w));
    }
    for (const [name, value] of Object.entries(uniforms.arrays4)) material.setArray4(name, value);
    for (const [name, value] of Object.entries(uniforms.textures)) material.setTexture(name, value);
  }
}

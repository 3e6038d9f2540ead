/** Clear triangles between the impostors: the faces of coordination polyhedra. */
import { ShaderMaterial } from '@babylonjs/core/Materials/shaderMaterial.js';
import { Color3 } from '@babylonjs/core/Maths/math.color.js';
import { Matrix, Vector4 } from '@babylonjs/core/Maths/math.vector.js';
import { Mesh } from '@babylonjs/core/Meshes/mesh.js';
import { VertexData } from '@babylonjs/core/Meshes/mesh.vertexData.js';
import type { Scene } from '@babylonjs/core/scene.js';
import type { ImpostorUniforms } from './impostor-mesh.ts';
import type { Polyhedra } from './polyhedra.ts';
import { FACE_FRAGMENT, FACE_VERTEX } from './shaders.ts';

/** How much a face hides of what is behind it. */
const OPACITY = 0.42;

export class FaceMesh {
  readonly mesh: Mesh;
  private readonly material: ShaderMaterial;

  /** @param compiled called when the shader is ready, to draw again */
  constructor(scene: Scene, compiled: () => void) {
    this.mesh = new Mesh('faces', scene);
    this.mesh.alwaysSelectAsActiveMesh = true;
    this.mesh.isPickable = false;
    this.mesh.setEnabled(false);
    this.material = new ShaderMaterial(
      'faces',
      scene,
      { vertexSource: FACE_VERTEX, fragmentSource: FACE_FRAGMENT },
      {
        attributes: ['position', 'normal', 'middle', 'kind'],
        // prettier-ignore
        uniforms: ['viewFromWorld', 'clipFromView', 'perspective', 'haze', 'background', 'transparentBackground',
          'opacity', 'sliceNormals', 'sliceEnds'],
        samplers: ['kindColors'],
        needAlphaBlending: true,
      },
    );
    this.material.backFaceCulling = false;
    this.material.onCompiled = compiled;
    this.mesh.material = this.material;
  }

  /** Shows these faces; none where undefined. */
  set(faces: Polyhedra | undefined): void {
    const count = faces ? faces.corners.length / 3 : 0;
    this.mesh.setEnabled(count > 0);
    if (!faces || count === 0) return;
    const data = new VertexData();
    data.positions = faces.corners;
    data.normals = faces.normals;
    data.indices = Uint32Array.from({ length: count }, (_, k) => k);
    data.applyToMesh(this.mesh, true);
    this.mesh.setVerticesData('middle', faces.middles, true, 3);
    this.mesh.setVerticesData('kind', faces.kinds, true, 1);
  }

  apply({ matrices, floats, vectors3, vectors4, arrays4, textures }: ImpostorUniforms): void {
    const { material } = this;
    for (const [name, value] of Object.entries(matrices)) material.setMatrix(name, Matrix.FromArray(value));
    material.setFloat('perspective', floats.perspective);
    material.setFloat('transparentBackground', floats.transparentBackground);
    // where alpha decides about samples as well, it counts twice
    material.setFloat('opacity', vectors4.haze[3] > 0.5 ? Math.sqrt(OPACITY) : OPACITY);
    material.setColor3('background', new Color3(...vectors3.background));
    for (const name of ['haze', 'sliceEnds']) {
      const [x, y, z, w] = vectors4[name];
      material.setVector4(name, new Vector4(x, y, z, w));
    }
    material.setArray4('sliceNormals', arrays4.sliceNormals);
    material.setTexture('kindColors', textures.kindColors);
  }
}

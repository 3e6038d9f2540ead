/** Small WGSL kernels around the potentials: pair vectors, sums of forces. */

export const WORKGROUP = 64;

/** WGSL: index of the thread in a folded one-dimensional dispatch; see foldGroups. */
export const THREAD_INDEX = `(workgroup.x + workgroup.y * groups.x) * ${WORKGROUP}u + thread`;

/** WGSL: parameters of an entry point with the built-in values that indices need. */
export const ENTRY = `@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32)`;

/** Numbers per atom of the result: force (3), energy, virial sums Σ r⊗∂E/∂r as xx yy zz yz xz xy (6). */
export const RESULT_STRIDE = 10;

/** Distance at which two atoms count as lying on top of each other, Å. */
export const OVERLAP = 1e-3;

/**
 * Vectors of all pairs.
 * @param quantum Å per unit of the fixed-point coordinates
 */
export function pairVectorShader(quantum: number): string {
  return `
@group(0) @binding(0) var<uniform> counts: vec4<u32>; // pairs
@group(0) @binding(1) var<storage, read> positions: array<i32>;
@group(0) @binding(2) var<storage, read> entries: array<vec4<i32>>;
@group(0) @binding(3) var<storage, read> pairAtom: array<u32>;
@group(0) @binding(4) var<storage, read> pairEntry: array<u32>;
@group(0) @binding(5) var<storage, read_write> vectors: array<f32>;
@group(0) @binding(6) var<storage, read_write> overlaps: array<atomic<u32>>;
${ENTRY} {
  let p = ${THREAD_INDEX};
  if (p >= counts.x) { return; }
  let i = 3u * pairAtom[p];
  let entry = entries[pairEntry[p]];
  let j = 3u * u32(entry.w);
  // exact, and right where it wraps around
  let x = f32(positions[j] + entry.x - positions[i]) * ${quantum};
  let y = f32(positions[j + 1u] + entry.y - positions[i + 1u]) * ${quantum};
  let z = f32(positions[j + 2u] + entry.z - positions[i + 2u]) * ${quantum};
  let square = x * x + y * y + z * z;
  vectors[3u * p] = x;
  vectors[3u * p + 1u] = y;
  vectors[3u * p + 2u] = z;
  if (square < ${OVERLAP ** 2}) { atomicMax(&overlaps[0], p + 1u); }
}`;
}

/**
 * Adds a potential: F_i = Σ over own pairs ∂E_i/∂r_ij − Σ over the pairs that name i; 8 sums per atom hold energy and virial.
 * @param first whether this is the first term of the result
 */
export function gatherShader(first: boolean): string {
  const values = [
    'force.x',
    'force.y',
    'force.z',
    ...[0, 1, 2, 3, 4, 5, 6].map((k) => `sums[8u * l + ${k}u]`),
  ];
  const before = (k: number) => (first ? '0.0' : `result[r + ${k}u]`);
  return `
@group(0) @binding(0) var<uniform> counts: vec4<u32>; // atoms
@group(0) @binding(1) var<storage, read> rowStart: array<u32>;
@group(0) @binding(2) var<storage, read> incomingStart: array<u32>;
@group(0) @binding(3) var<storage, read> incoming: array<u32>;
@group(0) @binding(4) var<storage, read> gradients: array<f32>;
@group(0) @binding(5) var<storage, read> sums: array<f32>;
@group(0) @binding(6) var<storage, read_write> result: array<f32>;
fn gradient(p: u32) -> vec3<f32> {
  return vec3<f32>(gradients[3u * p], gradients[3u * p + 1u], gradients[3u * p + 2u]);
}
${ENTRY} {
  let l = ${THREAD_INDEX};
  if (l >= counts.x) { return; }
  var force = vec3<f32>(0.0);
  for (var p = rowStart[l]; p < rowStart[l + 1u]; p++) { force += gradient(p); }
  for (var q = incomingStart[l]; q < incomingStart[l + 1u]; q++) { force -= gradient(incoming[q]); }
  let r = ${RESULT_STRIDE}u * l;
  ${values.map((value, k) => `result[r + ${k}u] = ${before(k)} + ${value};`).join('\n  ')}
}`;
}

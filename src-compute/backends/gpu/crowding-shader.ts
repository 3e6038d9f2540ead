/** WGSL of the crowding term: one thread per atom. Equations in potentials/crowding/model.ts. */
import type { CrowdingModel } from '../../potentials/crowding/model.ts';
import { ENTRY, THREAD_INDEX } from './shaders.ts';

/** 1/R² by zi·S + zj, then per species 1/ρ̂ and the amplitudes. */
export function crowdingParameters(model: CrowdingModel): Float32Array<ArrayBuffer> {
  const { ranges, thresholds, powers, amplitudes } = model;
  const perSpecies = Array.from(thresholds, (threshold, z) => [
    1 / threshold,
    ...amplitudes.subarray(z * powers.length, (z + 1) * powers.length),
  ]);
  return Float32Array.from([...Array.from(ranges, (range) => range ** -2), ...perSpecies.flat()]);
}

/** Bindings: counts (atoms), parameters, rowStart, vectors, types, gradients, sums. */
export function crowdingShader(model: CrowdingModel): string {
  const size = model.species.length;
  const stride = 1 + model.powers.length;
  const terms = Array.from(model.powers, (p, k) => {
    const product = Array.from({ length: p - 1 }, () => 'x').join(' * ');
    return `{ let a = parameters[own + ${k + 1}u] * ${product}; energy += a * x; slope += ${p}.0 * a; }`;
  });
  return `
@group(0) @binding(0) var<uniform> counts: vec4<u32>; // atoms
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> rowStart: array<u32>;
@group(0) @binding(3) var<storage, read> vectors: array<f32>;
@group(0) @binding(4) var<storage, read> types: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(6) var<storage, read_write> sums: array<f32>;
fn vectorOf(p: u32) -> vec3<f32> {
  return vec3<f32>(vectors[3u * p], vectors[3u * p + 1u], vectors[3u * p + 2u]);
}
${ENTRY} {
  let l = ${THREAD_INDEX};
  if (l >= counts.x) { return; }
  let first = rowStart[l];
  let end = rowStart[l + 1u];
  var density = 0.0;
  var zi = 0u;
  for (var p = first; p < end; p++) {
    let pair = u32(types[p]);
    zi = pair / ${size}u;
    let d = vectorOf(p);
    let gap = max(0.0, 1.0 - dot(d, d) * parameters[pair]);
    density += gap * gap * gap;
  }
  let own = ${size * size}u + zi * ${stride}u;
  let x = max(0.0, density * parameters[own] - 1.0);
  var energy = 0.0;
  var slope = 0.0;
  ${terms.join('\n  ')}
  let factor = -6.0 * slope * parameters[own];
  var diagonal = vec3<f32>(0.0);
  var other = vec3<f32>(0.0);
  for (var p = first; p < end; p++) {
    let inverse = parameters[u32(types[p])];
    let d = vectorOf(p);
    let gap = max(0.0, 1.0 - dot(d, d) * inverse);
    let g = (factor * gap * gap * inverse) * d;
    gradients[3u * p] = g.x;
    gradients[3u * p + 1u] = g.y;
    gradients[3u * p + 2u] = g.z;
    diagonal += d * g;
    other += d.yxx * g.zzy;
  }
  ${['energy', 'diagonal.x', 'diagonal.y', 'diagonal.z', 'other.x', 'other.y', 'other.z']
    .map((value, k) => `sums[8u * l + ${k}u] = ${value};`)
    .join('\n  ')}
}`;
}

/**
 * WGSL of Stillinger–Weber potentials: one thread per listed pair i–j, which takes φ₂/2 and all triplets around i that j
 * takes part in. It writes ∂E_i/∂r_ij and its share of E_i, half of each triplet; atoms gather them. Equations in
 * potentials/stillinger-weber/model.ts.
 */
import { tripletTable } from '../../potentials/stillinger-weber/model.ts';
import type { StillingerWeberModel } from '../../potentials/stillinger-weber/model.ts';
import { ENTRY, THREAD_INDEX } from './shaders.ts';

/** Numbers per parameter set: aσ, σ, γσ, Aε, B, p, q, λε, cos θ₀. */
const SET = 9;

/** Parameter sets by (zi·S + zj)·S + zk. */
export function stillingerWeberParameters(model: StillingerWeberModel): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    tripletTable(model).flatMap((set) => [
      set.a * set.sigma,
      set.sigma,
      set.gamma * set.sigma,
      set.A * set.epsilon,
      set.B,
      set.p,
      set.q,
      set.lambda * set.epsilon,
      set.cosTheta0,
    ]),
  );
}

/** Bindings: counts (pairs), sets, rowStart, pairAtom, vectors, types, gradients, energies. */
export function stillingerWeberShader(model: StillingerWeberModel): string {
  const size = model.species.length;
  return `
@group(0) @binding(0) var<uniform> counts: vec4<u32>; // pairs
@group(0) @binding(1) var<storage, read> sets: array<f32>;
@group(0) @binding(2) var<storage, read> rowStart: array<u32>;
@group(0) @binding(3) var<storage, read> pairAtom: array<u32>;
@group(0) @binding(4) var<storage, read> vectors: array<f32>;
@group(0) @binding(5) var<storage, read> types: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(7) var<storage, read_write> energies: array<f32>;
fn vectorOf(p: u32) -> vec3<f32> {
  return vec3<f32>(vectors[3u * p], vectors[3u * p + 1u], vectors[3u * p + 2u]);
}
// exact multiplication for whole exponents, which pow does not promise
fn power(x: f32, exponent: f32) -> f32 {
  if (floor(exponent) != exponent || exponent < 0.0 || exponent > 32.0) { return pow(x, exponent); }
  var product = 1.0;
  for (var k = 0.0; k < exponent; k += 1.0) { product *= x; }
  return product;
}
// set of zi, zj, zk from the type zi·S + zj
fn setOf(pairType: u32, third: u32) -> u32 { return ${SET}u * (pairType * ${size}u + third); }
${ENTRY} {
  let p = ${THREAD_INDEX};
  if (p >= counts.x) { return; }
  var g = vec3<f32>(0.0);
  var energy = 0.0;
  let u = vectorOf(p);
  let ru = sqrt(dot(u, u));
  let uType = u32(types[p]);
  let zj = uType % ${size}u;
  let own = setOf(uType, zj);
  let gapU = ru - sets[own];
  if (gapU < 0.0) {
    let sigma = sets[own + 1u];
    let s = sigma / ru;
    let sp = sets[own + 4u] * power(s, sets[own + 5u]);
    let sq = power(s, sets[own + 6u]);
    let strength2 = 0.5 * sets[own + 3u] * exp(sigma / gapU);
    let slope2 = (sets[own + 6u] * sq - sets[own + 5u] * sp) / ru - (sp - sq) * sigma / (gapU * gapU);
    energy = strength2 * (sp - sq);
    var along = strength2 * slope2 / ru;
    let legU = exp(sets[own + 2u] / gapU);
    let falloff = -sets[own + 2u] / (gapU * gapU * ru);
    let atom = pairAtom[p];
    for (var q = rowStart[atom]; q < rowStart[atom + 1u]; q++) {
      if (q == p) { continue; }
      let v = vectorOf(q);
      let rv = sqrt(dot(v, v));
      let vType = u32(types[q]);
      let zk = vType % ${size}u;
      let other = setOf(vType, zk);
      let gapV = rv - sets[other];
      if (gapV >= 0.0) { continue; }
      // the leg that is listed first names the set first
      let triple = select(setOf(vType, zj), setOf(uType, zk), p < q);
      let cosine = dot(u, v) / (ru * rv);
      let bend = cosine - sets[triple + 8u];
      let strength = sets[triple + 7u] * bend * legU * exp(sets[other + 2u] / gapV);
      energy += 0.5 * strength * bend;
      // ∂cos θ/∂u = v/(|u||v|) − cos θ u/|u|²
      along += strength * (bend * falloff - 2.0 * cosine / (ru * ru));
      g += (2.0 * strength / (ru * rv)) * v;
    }
    g += along * u;
  }
  gradients[3u * p] = g.x;
  gradients[3u * p + 1u] = g.y;
  gradients[3u * p + 2u] = g.z;
  energies[p] = energy;
}`;
}

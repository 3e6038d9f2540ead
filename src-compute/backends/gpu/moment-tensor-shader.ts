/**
 * WGSL of a moment tensor potential: one workgroup per atom.
 *
 * 1. Neighbours in tiles: one thread each puts f_μ(r), f′_μ(r) and the powers of the unit vector into shared memory;
 *    then one thread per basic moment sums over the tile.
 * 2. The product graph, layer after layer: one thread per moment.
 * 3. The adjoints, from the last layer to the first: one thread per moment (moment-tensor-tables.ts).
 * 4. Tiles again, the last one first since it is still there: one thread per neighbour contracts the adjoints with its
 *    monomials, ∂E_i/∂r_ij = Σ_b a_b [ (f′_μ − ν f_μ/r) m_b û + (f_μ/r) ∂m_b/∂û ], and writes it to the pair's place.
 * 5. Energy and virial of the atom, summed over the threads.
 *
 * Moments and adjoints lie in workgroup memory or, where that is too small, in a buffer with room for a batch of atoms.
 * e_z is added on the CPU.
 */
import type { MomentTensorModel } from '../../potentials/moment-tensor/model.ts';
import type { MomentTensorTables } from './moment-tensor-tables.ts';
import { ENTRY, WORKGROUP } from './shaders.ts';

/** How the kernel is cut for a device. */
export interface MomentTensorShape {
  /** Neighbours at a time. */
  readonly tile: number;
  /** Whether moments and adjoints fit into workgroup memory. */
  readonly shared: boolean;
}

/** Shared words per neighbour; odd, so that threads with a neighbour each meet no bank conflicts. */
function neighbourStride(model: MomentTensorModel, rank: number): number {
  return (2 * model.radialFunctionCount + 3 * (rank + 1)) | 1;
}

/** Words of the sums over threads: energy and virial. */
const SUMS = 7 * WORKGROUP;

/**
 * The largest tile for which moments fit into workgroup memory, or else a full tile with moments in a buffer.
 * @param bytes workgroup memory of the device
 */
export function momentTensorShape(
  model: MomentTensorModel,
  tables: MomentTensorTables,
  bytes: number,
): MomentTensorShape {
  const stride = neighbourStride(model, tables.rank);
  const fits = (tile: number, moments: number) => 4 * (tile * stride + moments + SUMS) <= bytes;
  const shared = [64, 32, 16].find((tile) => fits(tile, 2 * tables.momentCount));
  if (shared !== undefined) return { tile: shared, shared: true };
  return { tile: [64, 32, 16, 8, 4].find((tile) => fits(tile, 0)) ?? 2, shared: false };
}

const float = (value: number) => {
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? text : `${text}.0`;
};

/** The whole kernel. Bindings: batch, tables, rowStart, vectors, types, gradients, sums and, if not shared, scratch. */
export function momentTensorShader(
  model: MomentTensorModel,
  tables: MomentTensorTables,
  shape: MomentTensorShape,
): string {
  const stride = neighbourStride(model, tables.rank);
  const memory = shape.shared
    ? `var<workgroup> moments: array<f32, ${tables.momentCount}>;
var<workgroup> adjoints: array<f32, ${tables.momentCount}>;`
    : '@group(0) @binding(7) var<storage, read_write> scratch: array<f32>;';
  return `
@group(0) @binding(0) var<uniform> batch: vec4<u32>; // first atom, end
@group(0) @binding(1) var<storage, read> tables: array<u32>;
@group(0) @binding(2) var<storage, read> rowStart: array<u32>;
@group(0) @binding(3) var<storage, read> vectors: array<f32>;
@group(0) @binding(4) var<storage, read> types: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(6) var<storage, read_write> sums: array<f32>;
${memory}
var<workgroup> neighbours: array<f32, ${shape.tile * stride}>;
var<workgroup> partial: array<f32, ${SUMS}>;
${fillFunction(model, tables, stride)}
${ENTRY} {
  let place = workgroup.x + workgroup.y * groups.x;
  let atom = batch.x + place;
  if (atom >= batch.y) { return; }
  ${shape.shared ? '' : `let moments = ${2 * tables.momentCount}u * place;\n  let adjoints = moments + ${tables.momentCount}u;`}
  let first = rowStart[atom];
  let end = rowStart[atom + 1u];
  ${momentPass(model, tables, shape, stride)}
  ${graphPasses(tables, shape)}
  ${gradientPass(model, tables, shape, stride)}
  ${totals(tables, shape)}
}`;
}

const moment = (shape: MomentTensorShape, index: string) =>
  shape.shared ? `moments[${index}]` : `scratch[moments + ${index}]`;
const adjoint = (shape: MomentTensorShape, index: string) =>
  shape.shared ? `adjoints[${index}]` : `scratch[adjoints + ${index}]`;
const barrier = (shape: MomentTensorShape) =>
  shape.shared ? 'workgroupBarrier();' : 'workgroupBarrier(); storageBarrier();';

/** WGSL of s(r) and its slope below the data: potentials/handover.ts. */
function seenDistance(tables: MomentTensorTables): string {
  return `    let at2 = ${tables.handoverAt}u + u32(types[p]) * 4u;
    let outer = bitcast<f32>(tables[at2]);
    let width = bitcast<f32>(tables[at2 + 3u]);
    var s = r;
    var sSlope = 1.0;
    if (r < outer) {
      let part = clamp((r - bitcast<f32>(tables[at2 + 1u])) * bitcast<f32>(tables[at2 + 2u]), 0.0, 1.0);
      s = outer - width * (0.5 - part * part * part * (1.0 - 0.5 * part));
      sSlope = part * part * (3.0 - 2.0 * part);
    }`;
}

/** WGSL function that fills in one neighbour's place: radial functions, their slopes, powers of the unit vector. */
function fillFunction(model: MomentTensorModel, tables: MomentTensorTables, stride: number): string {
  const { minimumDistance: low, cutoff, radialFunctionCount: count, radialBasisSize: size } = model;
  const mus = Array.from({ length: count }, (_, mu) => mu);
  const powers = Array.from({ length: tables.rank }, (_, k) => k + 1);
  const base = (axis: number) => 2 * count + axis * (tables.rank + 1);
  return `
fn fill(slot: u32, p: u32) {
  let at = slot * ${stride}u;
  let d = vec3<f32>(vectors[3u * p], vectors[3u * p + 1u], vectors[3u * p + 2u]);
  let r = sqrt(dot(d, d));
  ${mus.map((mu) => `var f${mu} = 0.0; var s${mu} = 0.0;`).join(' ')}
  if (r < ${float(cutoff)}) {
${model.handover ? seenDistance(tables) : '    let s = r;'}
    let x = (2.0 * s - ${float(low + cutoff)}) * ${float(1 / (cutoff - low))};
    let gap = ${float(cutoff)} - s;
    let smoothed = gap * gap;
    let row = ${tables.radialAt}u + u32(types[p]) * ${count * size}u;
    var t = 1.0; var tBefore = 0.0; var slope = 0.0; var slopeBefore = 0.0;
    for (var k = 0u; k < ${size}u; k++) {
      let value = t * smoothed;
      let derivative = slope * ${float(2 / (cutoff - low))} * smoothed - 2.0 * t * gap;
      ${mus
        .map(
          (mu) =>
            `let c${mu} = bitcast<f32>(tables[row + ${mu * size}u + k]); f${mu} += c${mu} * value; s${mu} += c${mu} * derivative;`,
        )
        .join('\n      ')}
      // T_{k+1} = 2xT_k − T_{k−1}, except T_1 = x T_0
      let factor = select(2.0, 1.0, k == 0u);
      let tNext = factor * x * t - tBefore;
      let slopeNext = factor * (t + x * slope) - slopeBefore;
      tBefore = t; t = tNext;
      slopeBefore = slope; slope = slopeNext;
    }
${model.handover ? `    ${mus.map((mu) => `s${mu} *= sSlope;`).join(' ')}\n` : ''}  }
  ${mus.map((mu) => `neighbours[at + ${mu}u] = f${mu}; neighbours[at + ${count + mu}u] = s${mu};`).join('\n  ')}
  let u = d / r;
  var power = vec3<f32>(1.0);
  ${[0, ...powers]
    .map(
      (k) =>
        `${k > 0 ? 'power *= u; ' : ''}neighbours[at + ${base(0) + k}u] = power.x; neighbours[at + ${base(1) + k}u] = power.y; neighbours[at + ${base(2) + k}u] = power.z;`,
    )
    .join('\n  ')}
}`;
}

/** Basic moments, tile after tile. */
function momentPass(
  model: MomentTensorModel,
  tables: MomentTensorTables,
  shape: MomentTensorShape,
  stride: number,
): string {
  const { basicCount: basics, rank, radialStart } = tables;
  const count = model.radialFunctionCount;
  // which radial function a basic moment uses: how many boundaries lie at or below it
  const mu = radialStart.slice(1, -1).map((start) => `select(0u, 1u, b >= ${start}u)`);
  return `for (var b = thread; b < ${basics}u; b += ${WORKGROUP}u) { ${moment(shape, 'b')} = 0.0; }
  let tiles = (end - first + ${shape.tile - 1}u) / ${shape.tile}u;
  for (var tile = 0u; tile < tiles; tile++) {
    let start = first + tile * ${shape.tile}u;
    let length = min(${shape.tile}u, end - start);
    workgroupBarrier();
    if (thread < length) { fill(thread, start + thread); }
    workgroupBarrier();
    for (var b = thread; b < ${basics}u; b += ${WORKGROUP}u) {
      let powers = tables[${tables.basicsAt}u + b];
      let f = ${mu.length > 0 ? mu.join(' + ') : '0u'};
      let x = ${2 * count}u + (powers & 255u);
      let y = ${2 * count + rank + 1}u + ((powers >> 8u) & 255u);
      let z = ${2 * count + 2 * (rank + 1)}u + (powers >> 16u);
      var sum = 0.0;
      for (var n = 0u; n < length; n++) {
        let at = n * ${stride}u;
        sum += neighbours[at + f] * neighbours[at + x] * neighbours[at + y] * neighbours[at + z];
      }
      ${moment(shape, 'b')} += sum;
    }
  }
  ${barrier(shape)}`;
}

/** Products forward, adjoints backward. */
function graphPasses(tables: MomentTensorTables, shape: MomentTensorShape): string {
  const { layerStart, basicCount: basics } = tables;
  const layers = layerStart.length - 1;
  const passes: string[] = [];
  for (let layer = 1; layer < layers; layer++) {
    passes.push(`for (var k = ${layerStart[layer]}u + thread; k < ${layerStart[layer + 1]}u; k += ${WORKGROUP}u) {
    var sum = 0.0;
    let last = tables[${tables.forwardAt - basics + 1}u + k];
    for (var term = tables[${tables.forwardAt - basics}u + k]; term < last; term++) {
      let factors = tables[${tables.termsAt}u + 2u * term];
      sum += bitcast<f32>(tables[${tables.termsAt + 1}u + 2u * term]) * ${moment(shape, '(factors & 65535u)')} * ${moment(shape, '(factors >> 16u)')};
    }
    ${moment(shape, 'k')} = sum;
  }
  ${barrier(shape)}`);
  }
  for (let layer = layers - 1; layer >= 0; layer--) {
    passes.push(`for (var k = ${layerStart[layer]}u + thread; k < ${layerStart[layer + 1]}u; k += ${WORKGROUP}u) {
    var sum = bitcast<f32>(tables[${tables.coefficientsAt}u + k]);
    let last = tables[${tables.backwardAt + 1}u + k];
    for (var term = tables[${tables.backwardAt}u + k]; term < last; term++) {
      let factors = tables[${tables.termsAt}u + 2u * term];
      sum += bitcast<f32>(tables[${tables.termsAt + 1}u + 2u * term]) * ${adjoint(shape, '(factors & 65535u)')} * ${moment(shape, '(factors >> 16u)')};
    }
    ${adjoint(shape, 'k')} = sum;
  }
  ${barrier(shape)}`);
  }
  return passes.join('\n  ');
}

/** Gradients of all pairs of the atom and its virial. */
function gradientPass(
  model: MomentTensorModel,
  tables: MomentTensorTables,
  shape: MomentTensorShape,
  stride: number,
): string {
  const { rank, radialStart } = tables;
  const count = model.radialFunctionCount;
  const base = (axis: number) => 2 * count + axis * (rank + 1);
  const component = (axis: number, power: string) => `neighbours[at + ${base(axis)}u + ${power}]`;
  const contraction = radialStart.slice(0, -1).map(
    (start, mu) => `{
        let f = neighbours[at + ${mu}u];
        var total = 0.0; var ranked = 0.0; var h = vec3<f32>(0.0);
        for (var b = ${start}u; b < ${radialStart[mu + 1]}u; b++) {
          let powers = tables[${tables.basicsAt}u + b];
          let a = vec3<u32>(powers & 255u, (powers >> 8u) & 255u, powers >> 16u);
          let below = max(a, vec3<u32>(1u)) - vec3<u32>(1u);
          let value = vec3<f32>(${component(0, 'a.x')}, ${component(1, 'a.y')}, ${component(2, 'a.z')});
          let lower = vec3<f32>(${component(0, 'below.x')}, ${component(1, 'below.y')}, ${component(2, 'below.z')});
          let weight = ${adjoint(shape, 'b')};
          let product = weight * value.x * value.y * value.z;
          total += product;
          ranked += product * f32(a.x + a.y + a.z);
          h += weight * vec3<f32>(a) * lower * vec3<f32>(value.y * value.z, value.x * value.z, value.x * value.y);
        }
        radial += total * neighbours[at + ${count + mu}u] - ranked * f / r;
        g += h * (f / r);
      }`,
  );
  return `var diagonal = vec3<f32>(0.0);
  var other = vec3<f32>(0.0);
  for (var back = 0u; back < tiles; back++) {
    let tile = tiles - 1u - back;
    let start = first + tile * ${shape.tile}u;
    let length = min(${shape.tile}u, end - start);
    // the last tile is still there
    if (back > 0u) {
      workgroupBarrier();
      if (thread < length) { fill(thread, start + thread); }
    }
    if (thread < length) {
      let p = start + thread;
      let at = thread * ${stride}u;
      let d = vec3<f32>(vectors[3u * p], vectors[3u * p + 1u], vectors[3u * p + 2u]);
      let r = sqrt(dot(d, d));
      let u = d / r;
      var g = vec3<f32>(0.0);
      var radial = 0.0;
      ${contraction.join('\n      ')}
      g += radial * u;
      gradients[3u * p] = g.x;
      gradients[3u * p + 1u] = g.y;
      gradients[3u * p + 2u] = g.z;
      diagonal += d * g;
      other += d.yxx * g.zzy;
    }
  }`;
}

/** Energy without e_z, and Σ r⊗∂E/∂r. */
function totals(tables: MomentTensorTables, shape: MomentTensorShape): string {
  return `var energy = 0.0;
  for (var k = thread; k < ${tables.momentCount}u; k += ${WORKGROUP}u) {
    energy += bitcast<f32>(tables[${tables.coefficientsAt}u + k]) * ${moment(shape, 'k')};
  }
  ${['energy', 'diagonal.x', 'diagonal.y', 'diagonal.z', 'other.x', 'other.y', 'other.z']
    .map((value, k) => `partial[${k * WORKGROUP}u + thread] = ${value};`)
    .join(' ')}
  workgroupBarrier();
  if (thread < 7u) {
    var sum = 0.0;
    for (var k = 0u; k < ${WORKGROUP}u; k++) { sum += partial[thread * ${WORKGROUP}u + k]; }
    sums[8u * atom + thread] = sum;
  }`;
}

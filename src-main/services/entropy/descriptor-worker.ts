/** A worker thread that describes batches of structures; see descriptor-pool.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { descriptorByName } from '../../../src-compute/analysis/descriptors/index.ts';
import type { DescriptorRecipe } from '../../../src-compute/analysis/descriptors/descriptor.ts';
import { describeBatch, type Batch } from './descriptor-batch.ts';

const recipe = workerData as DescriptorRecipe;
const descriptor = descriptorByName(recipe.text, recipe);

parentPort?.on('message', (batch: Batch) => {
  const described = describeBatch(batch, descriptor);
  parentPort?.postMessage(described, described.kind === 'described' ? [described.values.buffer] : []);
});

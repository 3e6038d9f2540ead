/** Opens force engines on the GPU of a host; see openForceEngine in ../index.ts. */
import type { OpenGpuEngine } from '../index.ts';
import { NoGpuError } from './device.ts';
import type { GpuProvider } from './device.ts';
import { GpuForceEngine } from './engine.ts';

export { GpuForceEngine } from './engine.ts';
export {
  isSoftwareAdapter,
  NoGpuError,
  openGpu,
  windowGpu,
  type GpuContext,
  type GpuProvider,
} from './device.ts';

/** Å */
const DEFAULT_SKIN = 1;

/** How engines are opened with a host's GPU. */
export function gpuOpener(provider: GpuProvider): OpenGpuEngine {
  return async (model, atoms, { skin = DEFAULT_SKIN, hardwareOnly = false }) => {
    const engine = await GpuForceEngine.open(provider, model, atoms, skin);
    const { name, software } = engine.context;
    if (software && hardwareOnly) {
      engine.dispose();
      throw new NoGpuError(`The only GPU adapter is ${name}, a program that imitates one on the CPU.`, {
        remedy: 'Use --backend wasm-f32.',
      });
    }
    const warning = software ? ', a software adapter: slower than wasm-f32' : '';
    return Object.assign(engine, { choice: `WebGPU in single precision on ${name}${warning}` });
  };
}

/**
 * An adapter for the tests of the GPU backend: the machine's GPU or, where there is none, SwiftShader as it ships in
 * Debian's chromium-common (Debian's own Mesa is too old for Dawn).
 */
import { existsSync } from 'node:fs';
import { NoGpuError, openGpu } from '../../src-compute/backends/gpu/device.ts';
import { nodeGpu } from '../../src-main/services/gpu-device.ts';

const INSTALL = 'apt-get install libvulkan1 chromium-common';
/** Where Debian's chromium-common puts the driver. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Before the first adapter is asked for: without a GPU of its own the machine uses SwiftShader. */
export function useSoftwareGpuIfNone(): void {
  if (process.env.VK_ICD_FILENAMES === undefined && !existsSync('/dev/dri') && existsSync(SWIFTSHADER)) {
    process.env.VK_ICD_FILENAMES = SWIFTSHADER;
  }
}

/**
 * Whether WebGPU gives an adapter here.
 * @throws Error under CI when it does not
 */
export async function hasTestGpu(): Promise<boolean> {
  useSoftwareGpuIfNone();
  try {
    await openGpu(nodeGpu);
    return true;
  } catch (error) {
    if (!(error instanceof NoGpuError)) throw error;
    if (process.env.CI) throw new Error(`CI needs a GPU or a software adapter: ${INSTALL}`, { cause: error });
    console.warn(`skipped: ${error.message} Install a software one with: ${INSTALL}`);
    return false;
  }
}

/** "Simulate this": a structure that is looked at becomes the start of a run. */
import { useRouter } from 'vue-router';
import { useSimulationForm } from './simulation-form.ts';

export type SimulatedFrame =
  | { readonly kind: 'dataset'; readonly datasetId: number; readonly position: number }
  | { readonly kind: 'trajectory'; readonly trajectoryId: number; readonly frame: number };

/** @returns a function that fills the form and goes to it */
export function useSimulateThis(): (source: SimulatedFrame) => void {
  const form = useSimulationForm();
  const router = useRouter();
  return (source) => {
    form.sourceKind = source.kind;
    if (source.kind === 'dataset') {
      form.datasetId = source.datasetId;
      form.position = source.position;
      form.repeat = [1, 1, 1];
    } else {
      form.trajectoryId = source.trajectoryId;
      form.frame = source.frame;
    }
    form.setUp++;
    void router.push('/simulate');
  };
}

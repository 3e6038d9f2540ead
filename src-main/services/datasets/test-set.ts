/**
 * Which configurations a potential was tested on, as a digest: errors can be compared where the digests agree, and are of
 * another test set where the present one differs (some were excluded, the split was made anew).
 */
import type { Provenance } from '../../../src-compute/potentials/document.ts';
import { curationState } from '../../store/curation.ts';
import type { DatasetRepository } from '../../store/datasets.ts';
import type { Project } from '../../store/project.ts';
import type { Background } from '../background/background.ts';
import { testDigest, testedDatasets, TEST_PART, type TestChoice } from './test-digest.ts';

/** Digests of test sets, each found once for every state of its dataset. */
export class TestSets {
  private readonly project: Project;
  private readonly datasets: DatasetRepository;
  private readonly known = new Map<string, string>();
  private readonly background: Background;
  private readonly sought = new Set<string>();

  constructor(project: Project, datasets: DatasetRepository, background: Background) {
    this.background = background;
    this.project = project;
    this.datasets = datasets;
  }

  /**
   * Digest of the present test set, or 'checking' while that of a large dataset is found in another thread.
   * @param learned is told once it is known
   */
  present(choice: TestChoice, learned: () => void): { readonly digest: string | undefined } | 'checking' {
    const key = this.key(choice);
    if (this.known.has(key) || !this.background.large(testedDatasets(choice)))
      return { digest: this.digest(choice) };
    if (!this.sought.has(key)) {
      this.sought.add(key);
      this.background
        .inThread('testDigest', choice)
        .then((digest) => {
          this.known.set(key, digest ?? '');
          learned();
        })
        // asked again when somebody looks again
        .catch(() => undefined)
        .finally(() => this.sought.delete(key));
    }
    return 'checking';
  }

  private key(choice: TestChoice): string {
    const states = testedDatasets(choice).map((id) => `${id} ${curationState(this.project, id)}`);
    return `${choice.testDatasetId === undefined} ${states.join(', ')}`;
  }

  /** Digest of the present test set; undefined where there is none. */
  digest(choice: TestChoice): string | undefined {
    const key = this.key(choice);
    const known = this.known.get(key);
    if (known !== undefined) return known === '' ? undefined : known;
    const digest = testDigest(this.datasets, choice);
    this.known.set(key, digest ?? '');
    return digest;
  }

  /** How many of these configurations are in the test part. */
  count(datasetId: number, positions: Uint32Array): number {
    const tested = this.datasets.select(datasetId, { parts: [TEST_PART] });
    const isTested = new Uint8Array((tested.at(-1) ?? -1) + 1);
    for (const position of tested) isTested[position] = 1;
    let count = 0;
    for (const position of positions) count += isTested[position] ?? 0;
    return count;
  }
}

/** The digest that a potential was tested on, from its provenance; undefined where it does not say. */
export function testedOn(data: Provenance['data']): string | undefined {
  return data.find(({ role }) => role === TEST_PART)?.sha256;
}

/** Which checks fit into the time that there is: by counted work and the cost of one evaluation measured on the spot. */
import { supercellOf } from './checks/supercells.ts';
import { CHECKS } from './checks/index.ts';
import { PLANS, type Check, type PlanName, type Variant } from './check.ts';
import type { ValidationSubject } from './subject.ts';
import { cpuEngine, type EngineChoice } from '../simulations/engines.ts';

/** s */
export const BUDGETS: Readonly<Record<PlanName, number>> = { quick: 120, standard: 1200, long: 8 * 3600 };

/** Other words for the plans, by the time that they take. */
export const PLAN_WORDS: Readonly<Record<string, PlanName>> = {
  'two-minutes': 'quick',
  'twenty-minutes': 'standard',
  overnight: 'long',
};

/** Estimates are right within a factor: this part of the time is planned. */
const PLANNED = 0.8;

export interface PlannedCheck {
  readonly check: Check;
  readonly variant: Variant;
  /** s */
  readonly seconds: number;
}

export interface Plan {
  readonly checks: readonly PlannedCheck[];
  /** Checks for which there is no time, each with a sentence. */
  readonly leftOut: readonly { readonly check: Check; readonly why: string }[];
}

/**
 * Gives each check its most thorough variant that fits: first every check its cheapest one, in the order of the report,
 * then more thorough ones while there is time.
 * @param seconds of the whole
 * @param microseconds of an evaluation, per atom
 */
export function planFor(
  subject: ValidationSubject,
  name: PlanName,
  seconds: number,
  microseconds: number,
  only?: readonly string[],
): Plan {
  const rank = PLANS.indexOf(name);
  const cost = ({ work }: Variant) => (work * microseconds) / 1e6;
  const options = CHECKS.filter((check) => only?.includes(check.name) ?? true).map((check) => ({
    check,
    variants: check.variants(subject).filter(({ from }) => PLANS.indexOf(from) <= rank),
    all: check.variants(subject),
  }));
  let left = seconds * PLANNED;
  const chosen = new Map<Check, number>();
  const leftOut: { check: Check; why: string }[] = [];
  for (const { check, variants, all } of options) {
    const cheapest = variants.length - 1;
    if (cheapest < 0) {
      leftOut.push({
        check,
        why: `${check.title}: not part of this plan; the plan ${all[all.length - 1].from} has it.`,
      });
      continue;
    }
    const price = cost(variants[cheapest]);
    if (price > left) {
      leftOut.push({
        check,
        why: `${check.title}: left out, since it would take about ${spoken(price)} and ${spoken(Math.max(0, left))} are left.`,
      });
      continue;
    }
    chosen.set(check, cheapest);
    left -= price;
  }
  // one step more thorough for one check after the other, while that fits
  for (let changed = true; changed;) {
    changed = false;
    for (const { check, variants } of options) {
      const at = chosen.get(check);
      if (at === undefined || at === 0) continue;
      const more = cost(variants[at - 1]) - cost(variants[at]);
      if (more > left) continue;
      chosen.set(check, at - 1);
      left -= more;
      changed = true;
    }
  }
  return {
    checks: options.flatMap(({ check, variants }) => {
      const at = chosen.get(check);
      return at === undefined ? [] : [{ check, variant: variants[at], seconds: cost(variants[at]) }];
    }),
    leftOut,
  };
}

/** Time of an evaluation per atom in a crystal of some hundred atoms, µs. */
export async function evaluationCost(subject: ValidationSubject, engine: EngineChoice): Promise<number> {
  const { crystal, structure, knowledge } = subject;
  const cell = crystal ? supercellOf(crystal.relaxed, 12) : structure;
  if (!cell?.symbols.every((symbol) => knowledge.model.species.includes(symbol))) return 10;
  const bound = cpuEngine(knowledge.model, cell, { ...engine, backend: 'auto' });
  try {
    let shortest = Infinity;
    for (let call = 0; call < 4; call++) {
      const began = performance.now();
      await bound.compute(cell.positions, cell.cell);
      shortest = Math.min(shortest, performance.now() - began);
    }
    return (1000 * shortest) / cell.kinds.length;
  } finally {
    bound.dispose();
  }
}

/** Seconds in words: 40 s, 12 min, 3 h. */
export function spoken(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

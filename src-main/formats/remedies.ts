/** What can be done about a finding on units or signs: how the file would have to be read for it to go. */

/** A choice of the import that a finding suggests. */
export interface Remedy {
  /** For a button: 'Read energies as hartree'. */
  readonly label: string;
  readonly energyUnit?: string;
  readonly forceUnit?: string;
  readonly virialUnit?: string;
  readonly turnVirials?: true;
}

/** Names of units as sentences have them, and as readers take them. */
const ENERGIES: Readonly<Record<string, string>> = {
  hartree: 'hartree',
  rydberg: 'Ry',
  'kcal/mol': 'kcal/mol',
  'kJ/mol': 'kJ/mol',
};
const FORCES = ['hartree/bohr', 'Ry/bohr', 'kcal/mol/Å', 'kJ/mol/Å', 'meV/Å'];
const STRESSES: Readonly<Record<string, string>> = {
  GPa: 'GPa',
  kbar: 'kbar',
  'hartree/bohr³': 'hartree/bohr^3',
  'Ry/bohr³': 'Ry/bohr^3',
};

/** What the sentence of a finding (dataset-checks.ts, magnitudes.ts) suggests; empty where it suggests nothing. */
export function remediesOf(sentence: string): Remedy[] {
  const energy = (name: string): Remedy => ({
    label: `Read energies as ${name}`,
    energyUnit: ENERGIES[name],
  });
  const both = /the energies and forces look like hartree and hartree\/bohr/.exec(sentence);
  if (both)
    return [
      {
        label: 'Read energies as hartree, forces as hartree/bohr',
        energyUnit: 'hartree',
        forceUnit: 'hartree/bohr',
      },
    ];
  const size = /that of all electrons in (\S+?):/.exec(sentence)?.[1];
  if (size !== undefined && Object.hasOwn(ENERGIES, size)) return [energy(size)];
  const energies = /the energies look like (\w+)/.exec(sentence)?.[1];
  if (energies !== undefined && Object.hasOwn(ENERGIES, energies)) return [energy(energies)];
  if (/these look like energies per atom/.test(sentence))
    return [{ label: 'Read energies as eV/atom', energyUnit: 'eV/atom' }];
  const forces = /the forces look like (.*)$/.exec(sentence)?.[1];
  if (forces !== undefined)
    return FORCES.filter((unit) => new RegExp(`(?:^|or )${unit}(?= |\\.|$)`).test(forces)).map((unit) => ({
      label: `Read forces as ${unit}`,
      forceUnit: unit,
    }));
  const turned = /of the other sign; turn it at import|have the wrong sign[;,].*turn the sign/.test(sentence);
  const stresses = /the stresses look like (.*)$/.exec(sentence)?.[1];
  const units = Object.keys(STRESSES).filter(
    (unit) => stresses !== undefined && (stresses.startsWith(unit) || stresses.includes(` or ${unit}`)),
  );
  if (units.length > 0)
    return units.map((unit) => ({
      label: `Read stresses as ${unit}${turned ? ', turned' : ''}`,
      virialUnit: STRESSES[unit],
      ...(turned && { turnVirials: true }),
    }));
  return turned ? [{ label: 'Turn the sign', turnVirials: true }] : [];
}

/**
 * Names in languages that know no quoting for them: targets of CMake, KIM models, folders that are named in LAMMPS input
 * and in shell commands, potential_name of MLIP. Only letters, digits and underscores pass.
 */

/** Most file systems hold 255 bytes in a name; extensions and libraries want room. */
const LONGEST = 100;

/** A name that KIM, CMake, LAMMPS and a shell take as it is: letters, digits and underscores, beginning with a letter. */
export function identifier(name: string, otherwise = 'model'): string {
  const safe = name
    .normalize('NFKD')
    .slice(0, 4 * LONGEST)
    .split(/[^A-Za-z0-9]+/)
    .filter((part) => part !== '')
    .join('_')
    .slice(0, LONGEST);
  return (/^[A-Za-z]/.test(safe) ? safe : `${otherwise}_${safe}`).replace(/_$/, '');
}

"""What a user of ASE does with a Forcewright potential. Arguments: mode, folder, command of forcewright. Prints JSON."""

import json
import subprocess
import sys

import numpy as np
from ase import units
from ase.calculators.socketio import SocketIOCalculator
from ase.io import read
from ase.md.langevin import Langevin
from ase.md.verlet import VelocityVerlet
from ase.optimize import BFGS

from forcewright_ase import Forcewright

mode, folder, command = sys.argv[1], sys.argv[2], sys.argv[3:]


def answers(atoms):
    stress = atoms.get_stress(voigt=False) if atoms.cell.rank == 3 else None
    return {
        "energy": atoms.get_potential_energy(),
        "forces": atoms.get_forces().ravel().tolist(),
        "virial": None if stress is None else (-stress * atoms.get_volume()).ravel().tolist(),
    }


def through_socket(potential, frames, where):
    """Every frame has the atoms of the first, as the protocol asks."""
    words = command + ["driver", "--potential", potential, "--structure", f"{folder}/same.xyz", "--constants", "ase"]
    name, value = where
    words += ["--unix" if name == "unixsocket" else "--port", str(value), "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as driver:
        with SocketIOCalculator(**{name: value}) as calculator:
            result = []
            for atoms in frames:
                atoms.calc = calculator
                result.append(answers(atoms))
        said = json.loads(driver.stdout.read())
    return {"frames": result, "code": driver.returncode, "driver": said}


if mode == "socket":
    where = json.loads(command.pop(0))
    frames = read(f"{folder}/same.xyz", ":")
    for atoms in frames:
        atoms.calc = None
    print(json.dumps(through_socket(f"{folder}/potential.json", frames, where)))
elif mode == "calculator":
    # structures with other elements, other numbers of atoms and free axes, one after the other through one process
    result = []
    with Forcewright(f"{folder}/{command.pop(0)}", species=["Si", "O"], command=command) as calculator:
        for atoms in read(f"{folder}/mixed.xyz", ":"):
            atoms.calc = calculator
            result.append({**answers(atoms), "energies": atoms.get_potential_energies().tolist()})
    print(json.dumps({"frames": result, "ended": calculator._process is None}))
elif mode == "dynamics":
    with Forcewright(f"{folder}/argon.json", command=command) as calculator:
        atoms = read(f"{folder}/argon.xyz")
        atoms.calc = calculator
        before = atoms.get_potential_energy()
        optimiser = BFGS(atoms, logfile=None)
        converged = bool(optimiser.run(fmax=1e-3, steps=200))
        relaxed = atoms.get_potential_energy()
        largest = float(np.abs(atoms.get_forces()).max())
        Langevin(atoms, 2 * units.fs, temperature_K=10, friction=0.02, rng=np.random.RandomState(1)).run(5)
        nve = VelocityVerlet(atoms, 2 * units.fs)
        start = atoms.get_total_energy()
        nve.run(20)
        drift = atoms.get_total_energy() - start
        moved = atoms.get_kinetic_energy()
    print(json.dumps(dict(before=before, relaxed=relaxed, converged=converged, largest=largest, drift=drift, kinetic=moved)))
elif mode == "mistakes":
    from ase.calculators.calculator import CalculatorError

    said = []
    for potential, program in (("potential.json", command), ("missing.json", command), ("potential.json", ["no-such-program"])):
        atoms = read(f"{folder}/argon.xyz")
        atoms.calc = Forcewright(f"{folder}/{potential}", command=program)
        try:
            atoms.get_potential_energy()
        except CalculatorError as error:
            said.append(str(error))
    print(json.dumps(said))

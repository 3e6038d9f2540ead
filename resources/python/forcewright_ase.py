"""A potential of Forcewright as a calculator of the Atomic Simulation Environment (ASE).

    from ase.build import bulk
    from forcewright_ase import Forcewright

    with Forcewright("Si.potential.json") as calculator:
        atoms = bulk("Si") * (3, 3, 3)
        atoms.calc = calculator
        print(atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress())

The calculator starts ``forcewright driver`` once and speaks the i-PI protocol with it over a socket, so that a step
costs no new process; atoms of other elements or another number of them go through the same process. It needs nothing
but ASE and numpy. Copy this file beside your script, or put its folder on PYTHONPATH.

Properties: energy (eV), free_energy (the same), energies (eV, one for each atom), forces (eV/Å), and for structures
with three lattice vectors stress (eV/Å³, Voigt order xx yy zz yz xz xy, tension positive as everywhere in ASE).
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile

import numpy as np
from ase.calculators.calculator import Calculator, CalculatorError, all_changes
from ase.stress import full_3x3_to_voigt_6_stress

# What the driver has for the bohr (Å) and the hartree (eV): CODATA 2018. Both sides have to mean the same.
BOHR = 0.529177210903
HARTREE = 27.211386245988


class Forcewright(Calculator):
    """Energies and their derivatives from a potential that Forcewright knows.

    potential: any file that ``forcewright evaluate --potential`` takes
    species: names of the types of an ``.mtp`` file in order, such as ["Si", "O"]
    command: the program, as one path or a list of words; else FORCEWRIGHT_COMMAND, else ``forcewright`` on the PATH
    threads: of the driver
    backend: auto, reference, wasm, wasm-f32 or webgpu
    timeout: seconds to wait for the driver, to start or to answer one structure
    """

    implemented_properties = ["energy", "free_energy", "energies", "forces", "stress"]
    default_parameters = {}

    def __init__(self, potential, species=None, command=None, threads=1, backend="auto", timeout=3600, **kwargs):
        super().__init__(**kwargs)
        command = command or os.environ.get("FORCEWRIGHT_COMMAND") or "forcewright"
        self._words = [command] if isinstance(command, (str, os.PathLike)) else list(command)
        self._words += ["driver", "--potential", os.fspath(potential), "--per-atom"]
        if species:
            self._words += ["--species", ",".join(species)]
        self._words += ["--threads", str(threads), "--backend", backend]
        self._timeout = timeout
        self._process = None
        self._socket = None
        self._log = None
        self._known = None

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        try:
            self._start()
            energy, forces, virial, energies = self._compute(self.atoms)
        except OSError as error:
            said = self._said()
            self.close()
            raise CalculatorError(f"forcewright driver gave no result: {said or error}") from error
        self.results = {"energy": energy, "free_energy": energy, "energies": energies, "forces": forces}
        if self.atoms.cell.rank == 3:
            self.results["stress"] = full_3x3_to_voigt_6_stress(-virial / self.atoms.get_volume())

    # the driver

    def _start(self):
        if self._socket is not None:
            return
        if shutil.which(os.fspath(self._words[0])) is None:
            raise CalculatorError(
                f"There is no program {self._words[0]}. Give its path as command=, or in FORCEWRIGHT_COMMAND."
            )
        # only programs of this machine reach 127.0.0.1, and the first to connect is the driver that was just started
        with socket.socket(socket.AF_INET) as server:
            server.bind(("127.0.0.1", 0))
            server.listen(1)
            server.settimeout(0.2)
            self._log = tempfile.TemporaryFile()
            self._process = subprocess.Popen(
                self._words + ["--host", "127.0.0.1", "--port", str(server.getsockname()[1])],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
            )
            waited = 0.0
            while self._socket is None:
                try:
                    self._socket, _ = server.accept()
                except socket.timeout:
                    waited += 0.2
                    if self._process.poll() is not None:
                        raise OSError(f"it ended with code {self._process.returncode}") from None
                    if waited > self._timeout:
                        raise OSError(f"it did not connect within {self._timeout} s") from None
        self._socket.settimeout(self._timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._known = None

    def _said(self):
        """What the driver wrote to its standard error, once it has ended."""
        if self._process is None:
            return ""
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return ""
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        errors = [line for line in lines if line.startswith("Error: ")]
        return "\n".join(errors or lines[-3:])

    def close(self):
        """Ends the driver."""
        if self._socket is not None:
            try:
                self._socket.sendall(b"EXIT".ljust(12))
            except OSError:
                pass
            self._socket.close()
        if self._process is not None:
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._log is not None:
            self._log.close()
        self._socket = self._process = self._log = self._known = None

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()

    def __del__(self):
        try:
            self.close()
        except Exception:  # the interpreter is ending
            pass

    # the i-PI protocol, the server's side

    def _compute(self, atoms):
        known = (atoms.get_chemical_symbols(), [bool(p) for p in atoms.pbc])
        self._send(b"STATUS".ljust(12))
        status = self._header()
        if known != self._known or status == "NEEDINIT":
            text = json.dumps({"symbols": known[0], "pbc": known[1]}).encode()
            self._send(b"INIT".ljust(12), np.array([0, len(text)], "<i4").tobytes(), text)
            self._known = known
        cell = np.asarray(atoms.cell)
        self._send(
            b"POSDATA".ljust(12),
            np.asarray(cell.T / BOHR, "<f8").tobytes(),
            np.asarray(np.linalg.pinv(cell).T * BOHR, "<f8").tobytes(),
            np.array([len(atoms)], "<i4").tobytes(),
            np.asarray(atoms.positions / BOHR, "<f8").tobytes(),
            b"GETFORCE".ljust(12),
        )
        if self._header() != "FORCEREADY":
            raise OSError("it does not keep to the i-PI protocol")
        energy = self._numbers(1)[0] * HARTREE
        count = int(np.frombuffer(self._receive(4), "<i4")[0])
        forces = self._numbers(3 * count).reshape(-1, 3) * (HARTREE / BOHR)
        virial = self._numbers(9).reshape(3, 3) * HARTREE
        length = int(np.frombuffer(self._receive(4), "<i4")[0])
        energies = np.array(json.loads(self._receive(length).decode())["energies"])
        return float(energy), forces, virial, energies

    def _send(self, *parts):
        self._socket.sendall(b"".join(parts))

    def _header(self):
        return self._receive(12).decode("ascii").strip()

    def _numbers(self, count):
        return np.frombuffer(self._receive(8 * count), "<f8")

    def _receive(self, length):
        pieces = []
        while length > 0:
            piece = self._socket.recv(min(length, 1 << 20))
            if not piece:
                raise OSError("it closed the connection")
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

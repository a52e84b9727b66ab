"""Runs benchmark programs as their users do, and gives their modules."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="session")
def benchmark_module() -> Callable[[str], ModuleType]:
    """Load benchmarks/<name>.py by its path."""

    def load(name: str) -> ModuleType:
        full = f"apipay_benchmark_{name}"
        if full not in sys.modules:
            spec = importlib.util.spec_from_file_location(full, BENCHMARKS / f"{name}.py")
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[full] = module
            spec.loader.exec_module(module)
        return sys.modules[full]

    return load


@pytest.fixture(scope="session")
def run_benchmark() -> Callable[..., str]:
    """Run a program; fail with what it printed unless it ends with status 0."""

    def run(name: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", BENCHMARKS / f"{name}.py", *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=300,  # a machine under load; they take a few seconds
        )
        said = f"{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, said
        return said

    return run

"""Makes clients of specs, imports them and lets them talk to a function instead of a server."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from generator.document import load, validate
from generator.package import generate
from generator.reading import parse
from generator.repair import repair

HERE = Path(__file__).parent

Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class Made:
    """A generated client: its folder, its document, and its modules."""

    folder: Path
    document: dict[str, Any]
    requests: list[httpx.Request] = field(default_factory=list)

    def module(self, name: str = "") -> ModuleType:
        return import_module(f"{self.folder.name}.{name}" if name else self.folder.name)

    def modules(self) -> list[ModuleType]:
        """Every module of the package."""
        names = [path.relative_to(self.folder).with_suffix("") for path in self.files()]
        return [self.module(".".join(p for p in name.parts if p != "__init__")) for name in names]

    def files(self) -> list[Path]:
        return sorted(self.folder.rglob("*.py"))

    def client(self, answer: Handler | httpx.Response | None = None, **settings: Any) -> Any:
        """A client whose requests end in `requests`, answered by `answer`."""

        def handle(request: httpx.Request) -> httpx.Response:
            request.read()
            self.requests.append(request)
            if isinstance(answer, httpx.Response):
                # A copy: an answer can be read once.
                return httpx.Response(
                    answer.status_code, content=answer.content, headers=answer.headers
                )
            return answer(request) if answer else httpx.Response(204)

        settings.setdefault("base_url", "https://service.test/base")
        settings.setdefault("httpx_args", {"transport": httpx.MockTransport(handle)})
        kind = self.module("client").AuthenticatedClient
        return kind(token="the-key", **settings)

    def resources(self, answer: Handler | httpx.Response | None = None, **settings: Any) -> Any:
        return self.module("resources").Resources(self.client(answer, **settings))

    def twice(
        self, call: Callable[[Any], Any], answer: Handler | httpx.Response | None = None
    ) -> Any:
        """The result of a call on the sync resources, having checked that async gives the same."""
        module = self.module("resources")
        self.requests.clear()
        result = call(module.Resources(self.client(answer)))

        async def awaited() -> Any:
            async with self.client(answer) as client:
                return await call(module.AsyncResources(client))

        again = asyncio.run(awaited())
        if hasattr(result, "payload"):  # a file, which equals only itself
            again, content = again.payload.read(), result.payload.getvalue()
            assert again == content
        else:
            assert again == result
        one, other = map(_sent, self.requests)
        assert one == other
        return result

    @property
    def request(self) -> httpx.Request:
        """The last request that was sent."""
        return self.requests[-1]


def _sent(request: httpx.Request) -> tuple[str, str, dict[str, str], bytes]:
    """All of a request but the boundary that httpx draws for a multipart body."""
    boundary = request.headers.get("Content-Type", "").partition("boundary=")[2]
    content, headers = request.content, dict(request.headers)
    if boundary:
        content = content.replace(boundary.encode(), b"boundary")
        headers["content-type"] = headers["content-type"].replace(boundary, "boundary")
    return request.method, str(request.url), headers, content


class Maker:
    """Makes clients, each under a package name of its own, and removes their modules at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[Path, Made] = {}
        self._count = 0

    def __call__(self, spec: Path | str | dict[str, Any]) -> Made:
        """The client of a spec: of a file (made once), of YAML text or of a document."""
        if isinstance(spec, Path) and spec in self._made:
            self._made[spec].requests.clear()
            return self._made[spec]
        if isinstance(spec, Path):
            document = load(spec)
        else:
            document = parse(spec.encode()) if isinstance(spec, str) else spec
        document, _ = repair(document)
        validate(document)
        self._count += 1
        name = f"made_{spec.stem if isinstance(spec, Path) else 'client'}_{self._count}"
        generate(document, self.folder / name)
        made = Made(self.folder / name, document)
        if isinstance(spec, Path):
            self._made[spec] = made
        return made

    def forget(self) -> None:
        for name in [name for name in sys.modules if name.startswith("made_")]:
            del sys.modules[name]


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maker]:
    maker = Maker(tmp_path_factory.mktemp("made"))
    sys.path.insert(0, str(maker.folder))
    yield maker
    sys.path.remove(str(maker.folder))
    maker.forget()


@pytest.fixture
def kinds(make: Maker) -> Made:
    return make(HERE / "clients" / "kinds.yaml")


@pytest.fixture
def parameters(make: Maker) -> Made:
    return make(HERE / "clients" / "parameters.yaml")


@pytest.fixture
def bodies(make: Maker) -> Made:
    return make(HERE / "clients" / "bodies.yaml")


@pytest.fixture
def answers(make: Maker) -> Made:
    return make(HERE / "clients" / "answers.yaml")


@pytest.fixture
def names(make: Maker) -> Made:
    return make(HERE / "clients" / "names.yaml")


@pytest.fixture
def hostile(make: Maker) -> Made:
    return make(HERE / "clients" / "hostile.yaml")


@pytest.fixture
def pages(make: Maker) -> Made:
    return make(HERE / "clients" / "pages.yaml")

"""What `scanpipe doctor` says of the cluster that reads the pages: can it be reached, privately, and would it read as this version does?"""

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec

from scanpipe.config import Settings
from scanpipe.config_schema import is_in_the_clear
from scanpipe.i18n import _
from scanpipe.recognition.facts import versions
from scanpipe.upkeep.machine.ground import Finding, fail, ok, warn

_EITHER = frozenset({"onnxruntime", "openvino"})  # runtimes: each machine has the one that suits it, and this one need not read at all
_SHOWN = 5


def look_at_cluster(settings: Settings) -> Iterator[Finding]:
    """Nothing where pages are read on this machine. Takes a few seconds at most."""
    if not settings.workers.scheduler:
        return
    if find_spec("distributed") is None:
        yield fail("cluster", _("[workers] scheduler is set, but the Python package distributed is not installed."), "pip install 'scanpipe[cluster]'")
        return
    unreadable = list(_unreadable(settings))
    yield from unreadable
    yield from _privacy(settings.workers.scheduler)
    if not unreadable:
        yield from _machines(settings)


def _unreadable(settings: Settings) -> Iterator[Finding]:
    """Files that Dask would ask for in vain. Those that are not set are the business of Dask's own configuration."""
    workers = settings.workers
    for key, name in (("tls_ca_file", workers.tls_ca_file), ("tls_cert", workers.tls_cert), ("tls_key", workers.tls_key)):
        path = settings.file.parent / name
        try:
            content = path.read_bytes() if name else b"-----BEGIN "
        except OSError as error:
            says = _("[workers] {key}: {path} cannot be read ({reason}).").format(key=key, path=path, reason=error.strerror)
            yield fail("cluster", says, _("Put the file there and let the user of scanpipe read it, or correct {key} in scanpipe.toml.").format(key=key))
            continue
        if b"-----BEGIN " not in content:
            says = _("[workers] {key}: {path} is not a PEM file.").format(key=key, path=path)
            yield fail("cluster", says, _("Write it as PEM (openssl x509 or openssl pkey -out FILE.pem), or correct {key} in scanpipe.toml.").format(key=key))


def _privacy(address: str) -> Iterator[Finding]:
    """The configuration allows this only in words; that it holds is said all the same."""
    if is_in_the_clear(address):
        says = _("Scans travel unencrypted to {address}, as [workers] unencrypted allows.").format(address=address)
        yield warn("cluster", says, _("Make certificates and write tls:// in [workers] scheduler, unless only this machine is on that network."))


def _machines(settings: Settings) -> Iterator[Finding]:
    from scanpipe.cluster import ClusterAway, look  # an extra: imported late
    from scanpipe.cluster_machine import Tls

    address, workers = settings.workers.scheduler, settings.workers
    files = (str(settings.file.parent / name) if name else "" for name in (workers.tls_ca_file, workers.tls_cert, workers.tls_key))
    try:
        machines = look(address, Tls(*files), versions)
    except ClusterAway as error:
        yield fail(
            "cluster", str(error), _("On the scheduler's machine: dask scheduler; then see that this machine reaches its port and has its certificates.")
        )
        return
    if not machines:
        says = _("The scheduler {address} is there, but no machine reads for it.").format(address=address)
        yield fail("cluster", says, f"scanpipe worker {address}")
        return
    yield from _differing(address, {machine.name: machine.versions for machine in machines})
    lanes = sum(machine.lanes for machine in machines)
    if lanes:
        yield ok("cluster", _("{address}: {machines} machines read with {lanes} lanes.").format(address=address, machines=len(machines), lanes=lanes))
    else:
        says = _("{address}: none of its {machines} machines has this version of scanpipe, so nothing is read.").format(address=address, machines=len(machines))
        yield fail("cluster", says, _("Install the same version there as here, and start scanpipe worker again."))


def _differing(address: str, machines: Mapping[str, Mapping[str, str] | None]) -> Iterator[Finding]:
    """Machines that would read the same page differently from one another, or from what this version is tested with."""
    ours = versions()
    for name, theirs in sorted(machines.items())[:_SHOWN]:
        if theirs is None:
            says = _("{name} cannot say what it reads with.").format(name=name)
        else:
            unlike = _unlike(ours, theirs)
            if not unlike:
                continue
            says = _("{name} reads with other versions, so that the same page may give another text there: {versions}").format(
                name=name, versions=", ".join(unlike)
            )
        yield warn("cluster", says, _("Install the same version of scanpipe and its packages there as here, and start scanpipe worker again."))


def _unlike(ours: Mapping[str, str], theirs: Mapping[str, str]) -> Sequence[str]:
    names = sorted(ours.keys() | theirs.keys())
    pairs = [(name, theirs.get(name, ""), ours.get(name, "")) for name in names]
    return [f"{name} {there or '-'} ({here or '-'})" for name, there, here in pairs if there != here and not (name in _EITHER and not (there and here))]

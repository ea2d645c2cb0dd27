"""What holds inside a lane, where hostile bytes are parsed: no network, no files but those it works on, limits, one thread, and an end when the parent ends.

Files are shut by Landlock, which a process puts on itself: no program, no privilege and no namespace is needed, so it holds in containers and in hardened units,
too, it costs a warm lane nothing a page, and what is under it may not trace or (Linux 6.12) signal anything outside.
"""

import ctypes
import os
import platform
import resource
import shutil
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | 13, 0x80000000  # SECCOMP_RET_ALLOW, _ERRNO with EACCES, _KILL_PROCESS
_AT_CALL, _AT_MACHINE, _AT_FIRST_ARGUMENT = 0, 4, 16  # struct seccomp_data; arguments are little-endian halves
_AF_UNIX = 1
_IO_URING_SETUP = 425  # opens sockets past any filter of system calls
_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}  # AUDIT_ARCH_…, number of socket(2)
_X32 = 0x40000000  # the same numbers again under another sign, on x86_64
_FILE_BYTES = 8 << 30
_OPEN_FILES = 512

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # system calls of Landlock, the same on every machine
_PATH_BENEATH = 1
_LEAST_ABI = 2  # Linux 5.19: earlier ones forbid every rename from folder to folder
_READ = 1 | 4 | 8  # LANDLOCK_ACCESS_FS_EXECUTE, _READ_FILE, _READ_DIR
_OF_A_FILE = 1 | 2 | 4 | 1 << 14  # what can be allowed for a file that is no folder: EXECUTE, WRITE_FILE, READ_FILE, TRUNCATE
_ALL = {2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}  # every right that this version of Landlock handles; newer ones as the last
_MADE = 1 << 6 | 1 << 9 | 1 << 11  # devices and sockets: never made in a folder that may be written
_SCOPED = 1 | 2  # ABI 6: no abstract Unix socket and no signal to anybody outside
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/bin", "/sbin", "/sys", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/filesystems", "/proc/sys", "/proc/version",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/fonts", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/alternatives", "/etc/mime.types", "/etc/os-release", "/etc/ssl/openssl.cnf", "/dev/urandom", "/dev/random",
)  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")


@dataclass(frozen=True, slots=True)
class Reach:
    """What a lane reaches beside the system's own programs and libraries: folders with all in them, and files. writable: the first has the lane's scratch folder."""

    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()


def settle_lane(memory_mib: int, reach: Reach | None = None, name: str = "lane") -> None:
    """First thing in a new lane. memory_mib: address space, 0 = no limit. reach: None = files are not shut. name: of its scratch folder, its alone."""
    for variable in ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"
    cut_network()
    if reach is not None:
        _settle_files(reach, name)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    if memory_mib:
        resource.setrlimit(resource.RLIMIT_AS, (memory_mib << 20, memory_mib << 20))
    with suppress(OSError):  # a service may be forbidden to (its unit sets the niceness then)
        os.nice(5)  # the daemon's own work is small and somebody waits for it
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()


def _settle_files(reach: Reach, name: str) -> None:
    if reach.writable:
        scratch = reach.writable[0] / f".scratch-{name}"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()  # never its parents: the store's disk may have been unmounted since
        tempfile.tempdir = str(scratch)
        for variable in ("TMPDIR", "HOME", "XDG_CACHE_HOME"):  # libraries keep things of their own there, and complain where they cannot
            os.environ[variable] = str(scratch)
    shut_files(reach)


def landlock_version() -> int:
    """Of the kernel's Landlock ABI; 0 where it has none, or none that serves."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))
    return version if version >= _LEAST_ABI else 0


def shut_files(reach: Reach) -> bool:
    """From now on this thread, and all that it starts, opens, makes, renames and removes nothing outside its reach. False where the kernel cannot."""
    version = landlock_version()
    if not version:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    handled = _ALL[min(version, max(_ALL))]
    told = struct.pack("QQQ", handled, 0, _SCOPED if version >= 6 else 0)[: 24 if version >= 6 else 8]
    rules = int(libc.syscall(_CREATE_RULESET, ctypes.c_char_p(told), ctypes.c_size_t(len(told)), ctypes.c_uint32(0)))
    if rules < 0:
        return False
    try:
        _allow(libc, rules, (*map(Path, _SYSTEM), *_python(), *reach.readable), _READ)
        _allow(libc, rules, (*map(Path, _DEVICES), *reach.writable), handled & ~_MADE)
        return bool(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and libc.syscall(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0)) == 0)
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, paths: Iterable[Path], rights: int) -> None:
    for path in paths:
        with suppress(OSError):  # what is not there needs no rule
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                rule = struct.pack("=Qi", rights if path.is_dir() else rights & _OF_A_FILE, descriptor)
                libc.syscall(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(_PATH_BENEATH), ctypes.c_char_p(rule), ctypes.c_uint32(0))
            finally:
                os.close(descriptor)


def _python() -> Iterable[Path]:
    """Where this program and its packages lie."""
    places = (sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(__file__).parent), *sys.path)
    return {Path(place).resolve() for place in places if place}


def cut_network() -> bool:
    """Ends this process's way to the network. False where the kernel refuses both ways.

    A network namespace of its own, with nothing in it; where namespaces are forbidden (containers, hardened units), a filter that refuses sockets.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.unshare(_CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0) or refuse_sockets()


def refuse_sockets() -> bool:
    """socket(2) fails with EACCES but for Unix sockets, for good, here and in all children. False where the kernel or the machine has no such filter."""
    if platform.machine() not in _MACHINES:
        return False
    program = _filter(*_MACHINES[platform.machine()])
    code = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0) == 0)


def _filter(machine: int, socket: int) -> bytes:
    """Classic BPF: each line is (code, jump if true, jump if false, value), jumps counted from the next line."""
    lines = (
        (_LOAD, 0, 0, _AT_MACHINE),
        (_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),  # 32-bit calls have other numbers
        (_LOAD, 0, 0, _AT_CALL),
        (_EQUAL, 5, 0, _IO_URING_SETUP),
        (_EQUAL, 4, 0, _X32 | socket),
        (_EQUAL, 0, 2, socket),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_EQUAL, 0, 1, _AF_UNIX),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    )
    return b"".join(struct.pack("HBBI", *line) for line in lines)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)

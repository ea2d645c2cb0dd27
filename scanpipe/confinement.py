"""What holds inside a lane, where hostile bytes are parsed: no network, limits, one thread, and an end when the parent ends."""

import ctypes
import os
import platform
import resource
import struct
import threading
import time
from contextlib import suppress

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


def settle_lane(memory_mib: int) -> None:
    """First thing in a new lane. memory_mib: address space, 0 = no limit."""
    for variable in ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"
    cut_network()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    if memory_mib:
        resource.setrlimit(resource.RLIMIT_AS, (memory_mib << 20, memory_mib << 20))
    with suppress(OSError):  # a service may be forbidden to (its unit sets the niceness then)
        os.nice(5)  # the daemon's own work is small and somebody waits for it
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()


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

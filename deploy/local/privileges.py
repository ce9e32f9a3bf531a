"""What a process that was started as root gives up."""

import ctypes
import os
import pwd
import sys

_CAP_DAC_OVERRIDE = 1
_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP = 28, 1 << 2
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_CAPABILITY_VERSION_3 = 0x20080522


def keep_reading_as(account: pwd.struct_passwd) -> None:
    """Become another user, between fork and exec, and keep of root's rights only the one to pass directories.

    The checkout and its programs may lie under a directory that is closed to others, such as /root. Linux can hand that
    right on over an exec (ambient capabilities, since 4.3), and lets access(2) count it, which Postgres asks before it runs
    its own programs. Where it cannot, the new user sees what its own rights allow.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    linux = sys.platform == "linux"
    if linux:
        libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    if linux:
        mask = 1 << _CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        # Two rounds of effective, permitted, inheritable: for the lower and the upper 32 capabilities.
        sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
        if libc.capset(header, sets) == 0:
            libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)

"""A script that sets the user and the parent-death signal, then executes the program.

Arguments: parent pid, signal number, user id (or "-"), group id (or "-"), then the program.
It is a script, because code between fork and exec is unsafe in a parent with threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Replace this process by the program; exit 1 when the parent is gone already."""
    parent_pid, signal_number, user_id, group_id, *command = arguments
    if user_id != "-":
        os.setgroups([])
        os.setgid(int(group_id))
        os.setuid(int(user_id))
    # This has to follow setuid, because a change of credentials clears the signal.
    stop_with_parent(int(signal_number))
    if os.getppid() != int(parent_pid):
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606


def stop_with_parent(signal_number: int) -> None:
    """Have the kernel signal this process when its parent ends; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])

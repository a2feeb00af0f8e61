"""A script that sets user, parent-death signal and timer slack, then executes the program.

Arguments: parent pid, signal number, timer slack in nanoseconds (or "-"), user id (or "-"), group
id (or "-"), then the program.
It is a script, because code between fork and exec is unsafe in a parent with threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_SET_TIMERSLACK = 29


def main(arguments: list[str]) -> None:
    """Replace this process by the program; exit 1 when the parent is gone already."""
    parent_pid, signal_number, slack_ns, user_id, group_id, *command = arguments
    if user_id != "-":
        os.setgroups([])
        os.setgid(int(group_id))
        os.setuid(int(user_id))
    # This has to follow setuid, because a change of credentials clears the signal.
    stop_with_parent(int(signal_number))
    if os.getppid() != int(parent_pid):
        sys.exit(1)
    if slack_ns != "-":
        allow_timer_slack(int(slack_ns))
    os.execv(command[0], command)  # noqa: S606


def stop_with_parent(signal_number: int) -> None:
    """Have the kernel signal this process when its parent ends; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def allow_timer_slack(slack_ns: int) -> None:
    """Let the kernel end naps of this thread and of what it starts that much later; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, ctypes.c_ulong(slack_ns), 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])

"""One row a token: a contract of OddTokens.sol, and what becomes of buying and selling it."""

from pathlib import Path
from typing import Final, Literal, NamedTuple

SOURCE: Final = Path(__file__).with_name("OddTokens.sol")
COMPLETED: Final = "completed"


class OddToken(NamedTuple):
    """A token, and how an acquire and a dispose of it end: completed, or code and words."""

    contract: str
    acquire: str = COMPLETED
    dispose: str = COMPLETED
    armed: Literal["before", "signed"] = "before"
    """When its oddity begins: before anything is tried out, or once the swap is signed."""
    decimals: int = 18
    allowance: int = 0
    """What the router may take already, in base units."""
    approvals: tuple[str, ...] = ("amount",)
    """What a dispose approves, one after the other."""
    rounding: int = 0
    """By how many base units a balance may differ from what is booked."""
    start: str = ""
    """What the start says of the token; empty where it accepts it."""


ODD_TOKENS: Final = (
    OddToken("Plain"),
    OddToken("NoReturnValue"),
    OddToken(
        "FeeOnTransfer",
        acquire="TOO_LITTLE_RECEIVED keeps a part of every transfer",
        dispose="REVERTED IIA: .* keeps a part of every transfer",
    ),
    OddToken(
        "FeeThatIsNotLogged",
        acquire="TOO_LITTLE_RECEIVED keeps a part of every transfer",
        dispose="REVERTED IIA: .* keeps a part of every transfer",
    ),
    OddToken("FeeOnTop", dispose="TRANSFER_FAILED takes a fee on top of every transfer"),
    # What is signed already cannot be refused: what arrived is booked, and a sale reverts.
    OddToken("FeeOnTransfer", armed="signed", dispose="REVERTED IIA: "),
    OddToken("FeeOnTop", armed="signed"),
    OddToken("ApproveFromZeroOnly"),
    OddToken("ApproveFromZeroOnly", allowance=5, approvals=("0", "amount")),
    OddToken("AllowanceStays", allowance=5, approvals=("0", "amount")),
    OddToken("ApproveAnswersFalse", dispose="TRANSFER_FAILED approval .* it answers false"),
    OddToken(
        "PausedByError",
        acquire=r"REVERTED TF: .* the token says: EnforcedPause\(\)",
        dispose=r"TRANSFER_FAILED STF: .* the token says: EnforcedPause\(\)",
    ),
    OddToken(
        "PausedByText",
        acquire="REVERTED TF: .* the token says: Pausable: paused",
        dispose="TRANSFER_FAILED STF: .* the token says: Pausable: paused",
    ),
    OddToken(
        "WalletBlocked",
        acquire="REVERTED TF: .* an error of its own, 0x",
        dispose="TRANSFER_FAILED STF: .* an error of its own, 0x",
    ),
    OddToken(
        "TransferAnswersFalse",
        acquire="REVERTED TF: .* the token says: it answers false",
        dispose="TRANSFER_FAILED STF: .* the token says: it answers false",
    ),
    # The pool counts what it holds, and of shares a unit is lost to rounding.
    OddToken("Rebasing", dispose="REVERTED IIA: ", rounding=1),
    OddToken("DecimalsRevert", start="decimals.. fails: not implemented"),
    OddToken("NoDecimals", decimals=0),
    OddToken("TransferNotIndexed"),
    OddToken("TransferNotLogged"),
    OddToken("CallsOut"),
)

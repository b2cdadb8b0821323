"""What is said where the ledger's file holds something else than the journal says of it."""

from __future__ import annotations

FILE_CHANGED = "somebody changed the ledger's file"  # as each of these says
CHANGED = (
    "it is not what was asked for or agreed to: somebody changed the ledger's file."
    " Nothing was sent. Run `purgebot log verify`, and ask for it anew."
)
OTHER_CALLS = (
    "its calls are not those that were asked for: somebody changed the ledger's file. Nothing more of it was sent. Run"
    " `purgebot log verify`, and ask for it anew."
)
OTHER_TIME = (
    "the time at which it begins is not the one that was asked for: somebody changed the ledger's file. Nothing was"
    " sent. Run `purgebot log verify`, and ask for it anew."
)
OTHER_RECORD = (
    "its record is not as it was when it ended: somebody changed the ledger's file. Nothing of it was done. Run"
    " `purgebot log verify`, and ask for it anew."
)
OTHER_WORDS = (
    "what it says is not what was asked for: somebody changed the ledger's file. Nothing more of it is sent. Run"
    " `purgebot log verify`, and ask for it anew."
)
ALTERED = f"{FILE_CHANGED} before it ended"  # why nothing is known of it, whatever was seen
NOT_FIRST = "is not what was asked for: somebody changed the ledger's file. Run `purgebot log verify`"

"""`python -m bot` is `purgebot`."""

from bot.cli import main

main()

"""A purge from request to proof: its plan, its states, what comes next, and when. Holds, schedules and warming."""

"""From a deploy that was told to the job that carries it out."""

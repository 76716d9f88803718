"""The command line: every field of Settings a host may set, grouped by what the host is thinking of."""

import argparse
from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Flag:
    """One flag: the field of Settings it sets, what its value is called (empty: a switch), what it means."""

    name: str
    value: str
    meaning: str

    @property
    def option(self) -> str:
        """As it is written: ``--memory-budget``."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """Its name in the environment: ``VERNISSAGE_MEMORY_BUDGET``."""
        return f"VERNISSAGE_{self.name.upper()}"


GROUPS = {
    "who comes in": (
        Flag("classroom", "", "open to the network; the lobby shows a large address and a code for phones to scan"),
        Flag("host", "ADDRESS", "address to listen on (127.0.0.1: this machine; 0.0.0.0: the network)"),
        Flag("port", "NUMBER", "port to listen on (7860)"),
        Flag("share", "", "ask Gradio for a public address, good for an evening"),
        Flag("auth", "NAME:PASSWORD", "ask visitors for these; several pairs parted by commas"),
        Flag("visits_per_minute", "NUMBER", "what one visitor may ask; 0: anything (600 with --share and on a Space)"),
        Flag("address", "URL", "address to show visitors, where this machine cannot know it (a proxy, a container)"),
    ),
    "what is shown": (
        Flag("demos", "ROOM,ROOM", "rooms to open, such as sketch-to-photo,latent-walk (all)"),
        Flag("offline", "", "never fetch a model, not even when a visitor agrees"),
        Flag("mcp", "", "offer every demo as an MCP tool; needs: pip install '.[mcp]'"),
    ),
    "what it may use": (
        Flag("device", "NAME", "auto, cpu or cuda (auto)"),
        Flag("memory_budget", "SIZE", "memory for models, such as 2GB (half of main memory, nine tenths of a GPU)"),
        Flag("cpu_tier", "SIZE", "main memory for models resting beside a GPU, such as 4GB"),
        Flag("idle_seconds", "SECONDS", "let a model go after so long without use; 0 keeps it (900)"),
        Flag("wait_seconds", "SECONDS", "how long a request waits for a model or for memory (60)"),
    ),
    "when one machine is outgrown": (
        Flag("cluster", "NUMBER", "replicas that share the work; needs: pip install '.[cluster]'"),
        Flag("cluster_address", "HOST:PORT", "a Ray cluster of several machines, running already (this machine alone)"),
    ),
}

EPILOG = dedent("""\
    Every flag has a variable in the environment, which the flag overrules:
    VERNISSAGE_PORT=8000, VERNISSAGE_CLASSROOM=1, VERNISSAGE_DEMOS=latent-walk.
    Heard as well: GRADIO_SERVER_NAME, GRADIO_SERVER_PORT, HF_HUB_OFFLINE.

    python app.py --classroom                     thirty phones and one laptop
    python app.py --share --auth guest:welcome    a public address behind a password
    python app.py --memory-budget 2GB --offline   a small machine that keeps to itself
    """)


def read_flags(arguments: list[str] | None = None) -> dict[str, str]:
    """The flags given on the command line, as the environment variables that mean the same."""
    given = vars(_parser().parse_args(arguments))
    every = [flag for group in GROUPS.values() for flag in group]
    return {flag.variable: given[flag.name] for flag in every if given[flag.name] is not None}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Open the gallery of generative deep learning. Without a flag: for this machine alone.",
        usage="python app.py [flags]",
        epilog=EPILOG,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, max_help_position=28, width=100),
    )
    for title, flags in GROUPS.items():
        group = parser.add_argument_group(title)
        for flag in flags:
            kind = {"metavar": flag.value} if flag.value else {"action": "store_const", "const": "1"}
            group.add_argument(flag.option, help=flag.meaning, **kind)
    return parser

"""What a machine can do, as far as the choice of means depends on it. Pure: ``sdxl.device`` looks at the real one."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["cuda", "mps", "cpu"]

COMPILER = "a compiler"
"""Stands among a card's packages where ``torch.compile`` finds what it needs: Triton on CUDA, C++ on a CPU."""


@dataclass(frozen=True, slots=True)
class Card:
    """One device."""

    kind: Kind
    name: str
    sm: int = 0
    """CUDA's compute capability times ten: 89 is sm_89. 0 elsewhere."""
    memory_gb: float = 0.0
    """Free memory of the device, in 10^9 bytes; 0 where it has none of its own."""
    packages: frozenset[str] = frozenset()
    """Optional packages that are installed, and ``COMPILER``."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a means needs of a card."""

    kinds: tuple[Kind, ...] = ("cuda", "mps", "cpu")
    sm: int = 0
    """Least compute capability, where the card is a CUDA one."""
    package: str = ""
    remedy: str = ""
    """How to get the package, in the words of a command or an instruction."""
    memory_gb: float = 0.0
    """Least free memory of the device, in 10^9 bytes."""

    def lacking(self, card: Card) -> str:
        """Say what the card lacks, with a remedy; empty where it lacks nothing."""
        if card.kind not in self.kinds:
            return f"needs {' or '.join(self.kinds)}, this is {card.kind}"
        if card.kind == "cuda" and card.sm < self.sm:
            return f"needs sm{self.sm} or newer, this card has sm{card.sm}"
        if self.package and self.package not in card.packages:
            return f"needs {self.package}: {self.remedy}"
        if card.memory_gb < self.memory_gb:
            return f"needs {self.memory_gb:g} GB of free memory on the device, this one has {card.memory_gb:.1f} GB"
        return ""

    def __str__(self) -> str:
        kinds = [f"cuda sm{self.sm}+" if kind == "cuda" and self.sm else kind for kind in self.kinds]
        extras = [self.package] if self.package else []
        extras += [f"{self.memory_gb:g} GB free"] if self.memory_gb else []
        return "; ".join([", ".join(kinds), *extras])

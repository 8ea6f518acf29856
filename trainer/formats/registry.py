"""Registry of the formats by name."""

from trainer.formats import amazon2023, carryover, dvbpr, fashion, item_info, sequences
from trainer.formats.source import Reader

FORMATS: dict[str, Reader] = {
    "amazon2023": amazon2023.read,
    "carryover": carryover.read,
    "dvbpr": dvbpr.read,
    "fashion": fashion.read,
    "item_info": item_info.read,
    "sequences": sequences.read,
}

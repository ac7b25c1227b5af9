"""The tables, one file per subject, all on the one metadata of `metadata.py`.

`all_tables()` imports every file here, so that migrations and tests see a table as soon as its file exists.
"""

import importlib
import pkgutil

from sqlalchemy import MetaData

from lockgate.storage.schema.metadata import metadata


def all_tables() -> MetaData:
    """The metadata with the tables of every module of this package."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return metadata

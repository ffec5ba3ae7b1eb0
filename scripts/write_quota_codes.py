"""Write the table of quota codes from dumps of SageMaker's quotas.

Run with one or more outputs of::

    aws service-quotas list-service-quotas --service-code sagemaker --output json > dump.json

Codes of quotas that no dump has stay as they are. Two codes for one name are an error.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cdk_sagemaker_algorithm.account import quota_codes

FILE = Path(quota_codes.__file__).with_name(quota_codes.FILE)


def main(dumps: list[str]) -> None:
    """Add the dumps' codes to the table."""
    if not dumps:
        sys.exit("pass at least one dump: scripts/write_quota_codes.py DUMP...")
    known = dict(quota_codes.codes())
    for dump in dumps:
        for name, code in quota_codes.table(json.loads(Path(dump).read_text(encoding="utf-8"))).items():
            if known.setdefault(name, code) != code:
                sys.exit(f"{dump}: {name} has the code {code}, the table has {known[name]}")
    FILE.write_text(json.dumps(dict(sorted(known.items())), indent=2) + "\n", encoding="utf-8")
    print(f"{FILE}: {len(known)} codes")


if __name__ == "__main__":
    main(sys.argv[1:])

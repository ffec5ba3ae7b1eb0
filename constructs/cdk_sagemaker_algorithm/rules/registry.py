"""Parse registry paths of images, and recognize accounts in which AWS keeps images."""

from __future__ import annotations

import re
from typing import NamedTuple

_ECR = re.compile(
    r"(?P<account>[0-9]{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z]{2,4}(?:-[a-z]+)+-[0-9]+)\.(?P<domain>[a-z0-9.-]+)/"
    r"(?P<repository>[^@\s]+?)(?::(?P<tag>[^:/@]+))?(?:@(?P<digest>[a-zA-Z0-9]+:[0-9a-fA-F]+))?"
)

# Of AWS Deep Learning Containers, scikit-learn, XGBoost and the built-in algorithms, as the SageMaker Python SDK names
# them for the regions from which Marketplace products can be published, and some others.
_AWS_ACCOUNT = re.compile(
    """
    104374241257|106583098589|121021644041|141502667606|156387875391|174872318107|204372634319|204538143572|
    217643126080|224300973850|226302683700|237065988967|246618743249|249704162688|257386234256|257758044811|
    272398656194|286214385809|306986355934|341280168497|351501993468|354813040037|364406365360|366743142698|
    380420809688|382416733822|387376663083|390948362332|404615174143|414596584902|433757028032|438346466558|
    450853457545|451049120500|455444449433|457447274322|469771592824|475088953585|492215442770|495149712605|
    501404015308|503227376785|510948584623|514117268639|522234722520|544295431143|566113047672|626614931356|
    628508329040|632365934929|633353088612|644912444149|651117190479|659782779980|662702820516|664544806723|
    669576153137|680994064768|683313688378|685385470294|692866216735|712309505854|720646828776|737474898029|
    746614075791|749696950732|763104351884|764974769150|772153158452|780543022126|783357654285|801668240914|
    811284229777|813361260812|825641698319|835164637446|855470959533|867004704886|871362719292|907027046896|
    914824155844|951798379941|978288397137|991648021394
    """,
    re.VERBOSE,
)


def is_aws_account(account: str) -> bool:
    """Return whether AWS is known to keep images in an account.

    Args:
        account: Account ID, 12 digits.
    """
    return _AWS_ACCOUNT.fullmatch(account) is not None


class EcrImage(NamedTuple):
    """An image in Amazon ECR.

    Attributes:
        account: Account ID of the registry.
        region: AWS region of the registry.
        domain: Part of the registry's name after the region, such as ``amazonaws.com``.
        repository: Name without the registry.
        digest: Digest in the path; None if the path has none.
    """

    account: str
    region: str
    domain: str
    repository: str
    digest: str | None


def ecr_image(uri: str) -> EcrImage | None:
    """Return the parts of a registry path in Amazon ECR; None for other registries."""
    parts = _ECR.fullmatch(uri)
    if parts is None or parts["region"].startswith("cn-") is not parts["domain"].endswith(".cn"):
        return None
    return EcrImage(parts["account"], parts["region"], parts["domain"], parts["repository"], parts["digest"])

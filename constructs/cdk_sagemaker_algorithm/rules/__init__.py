"""Check algorithm definitions before deployment. Does not depend on the CDK.

`check` applies every rule of the table `RULES` to a CreateAlgorithm request and returns all findings at once.
"""

from cdk_sagemaker_algorithm.rules.checking import AcknowledgementError, acknowledgeable, check, rule_named
from cdk_sagemaker_algorithm.rules.rule import Rule
from cdk_sagemaker_algorithm.rules.rule_finding import NoValue, RuleFinding, RuleLevel
from cdk_sagemaker_algorithm.rules.table import RULES
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ID_PREFIX

__all__ = [
    "ID_PREFIX",
    "RULES",
    "AcknowledgementError",
    "NoValue",
    "Rule",
    "RuleFinding",
    "RuleLevel",
    "acknowledgeable",
    "check",
    "rule_named",
]

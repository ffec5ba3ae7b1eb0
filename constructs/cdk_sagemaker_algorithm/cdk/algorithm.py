"""Define the `Algorithm` construct, which creates and validates a SageMaker algorithm during deployment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam
from constructs import Construct

from cdk_sagemaker_algorithm.cdk.algorithm_base import AlgorithmBase, ImportedAlgorithm
from cdk_sagemaker_algorithm.cdk.arguments import (
    USE_ROLE,
    Arguments,
    duration,
    mismatch,
    must_be_text,
    python_spelling,
    rule_target,
)
from cdk_sagemaker_algorithm.cdk.construct_errors import ConstructErrors
from cdk_sagemaker_algorithm.cdk.container_image import mutable_tag_of
from cdk_sagemaker_algorithm.cdk.environment import environment_of
from cdk_sagemaker_algorithm.cdk.exports_in_use import ExportWarning
from cdk_sagemaker_algorithm.cdk.kernel import ConstructorSignature, child_path, key_value_tags
from cdk_sagemaker_algorithm.cdk.large_integers import carried
from cdk_sagemaker_algorithm.cdk.name_property import name_property
from cdk_sagemaker_algorithm.cdk.provider import linter_suppressions
from cdk_sagemaker_algorithm.cdk.provider.provider import AlgorithmProvider
from cdk_sagemaker_algorithm.cdk.rule_findings import Acknowledgements, Findings, check_acknowledgement
from cdk_sagemaker_algorithm.cdk.value_resolver import Binding
from cdk_sagemaker_algorithm.model import (
    ApiDict,
    InferenceSpecification,
    RoleSource,
    TrainingSpecification,
    UnsupportedValueError,
    ValidationSpecification,
    render,
)
from cdk_sagemaker_algorithm.model.arn import Arn
from cdk_sagemaker_algorithm.model.paths import VALIDATION_ROLE
from cdk_sagemaker_algorithm.model.request_file import Request
from cdk_sagemaker_algorithm.model.required_access import images_of
from cdk_sagemaker_algorithm.model.tokens import is_unresolved
from cdk_sagemaker_algorithm.rules import acknowledgeable
from cdk_sagemaker_algorithm.rules.deployment import Deployment
from cdk_sagemaker_algorithm_provider.contract import resource_schema
from cdk_sagemaker_algorithm_provider.contract.json_types import is_object
from cdk_sagemaker_algorithm_provider.contract.limits import SERVICE_TIMEOUT, WAIT_SECONDS, is_algorithm_name
from cdk_sagemaker_algorithm_provider.contract.outcome_event import (
    COMPLETED_METRIC,
    DURATION_METRIC,
    FAILED_METRIC,
)
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import tag_list
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_TYPE, VALIDATION_TYPE

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch, aws_events

    from cdk_sagemaker_algorithm.cdk.rule_target import RuleTarget
    from cdk_sagemaker_algorithm_provider.contract.outcome_event import Outcome

_SHORTEST_TIMEOUT: Final = 60
_DEFAULT_TIMEOUT: Final = 3600
_DEFAULT_TIMEOUT_WITH_PROFILE: Final = 4 * 3600
_USE_POLICY: Final = "use a member such as cdk.RemovalPolicy.RETAIN"
_BY_NAME: Final = "for an algorithm in the stack's account and region, from_algorithm_name takes the name"


@jsii.implements(cdk.ITaggableV2, aws_iam.IGrantable)
class Algorithm(AlgorithmBase):
    """A SageMaker algorithm resource.

    Deployment calls ``CreateAlgorithm`` and waits until SageMaker has validated the algorithm. Algorithms are
    immutable: changing the definition creates a new algorithm with a new name, and the old algorithm is deleted after
    the new one passes validation. Tags are updated in place.

    The arguments are the fields of the
    [CreateAlgorithm](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateAlgorithm.html) request,
    followed by the deployment options. You can set each structure as a dict of the API, too.
    """

    __signature__ = ConstructorSignature()

    def __init__(  # noqa: PLR0913 - each is a property of the resource
        self,
        scope: Construct,
        id: str,
        *,
        training_specification: TrainingSpecification | ApiDict,
        inference_specification: InferenceSpecification | ApiDict | None = None,
        validation_specification: ValidationSpecification | ApiDict | None = None,
        certify_for_marketplace: bool | None = None,
        algorithm_description: str | None = None,
        algorithm_name: str | None = None,
        algorithm_name_prefix: str | None = None,
        revision: str | None = None,
        validation_role: RoleSource | str | None = None,
        validation_role_starts_jobs: bool = False,
        validation_timeout: cdk.Duration | timedelta | int | None = None,
        wait_for_validation: bool = True,
        retain_failed: bool = False,
        removal_policy: cdk.RemovalPolicy | None = None,
        provider: AlgorithmProvider | None = None,
        acknowledge_rules: Acknowledgements | None = None,
        downgrade_rules: Acknowledgements | None = None,
    ) -> None:
        """Create an algorithm.

        Args:
            scope: Parent construct.
            id: ID within the scope.
            training_specification: Training image, hyperparameters, channels, metrics and instance types.
                ``TrainingSpecification``.
            inference_specification: Containers, instance types and content types for inference.
                ``InferenceSpecification``. Default: the algorithm does not support inference.
            validation_specification: Jobs that SageMaker runs to validate the algorithm. ``ValidationSpecification``.
                Default: no jobs; SageMaker only scans the images.
            certify_for_marketplace: Whether SageMaker validates the algorithm as a candidate for an AWS Marketplace
                listing. ``CertifyForMarketplace``. Default: False.
            algorithm_description: Up to 1,024 characters. ``AlgorithmDescription``. Default: none.
            algorithm_name: Exact name, 1 to 63 letters, digits and hyphens. ``AlgorithmName``. With an exact name, a
                changed definition requires a new name. Default: a generated name, which changes with the definition.
            algorithm_name_prefix: Prefix of the generated name, 1 to 50 letters, digits and hyphens, starting and
                ending with a letter or digit. A new prefix replaces the algorithm. Default: derived from
                the construct path.
            revision: Any text. A new value replaces and revalidates an unchanged definition, for example after a tag of
                the image was reassigned. Default: none.
            validation_role: IAM role that the validation jobs assume, instead of
                ``ValidationSpecification.ValidationRole``. An ``IRole`` is granted the use of the images, S3 locations
                and keys that the definition contains as objects. Default: with a validation specification, a role with
                the permissions that the jobs need is created.
            validation_role_starts_jobs: Whether the validation role is also granted to start training and transform
                jobs and to pass itself to them. Set it if a validation fails with AccessDenied for
                ``sagemaker:CreateTrainingJob``: AWS does not document who starts the jobs. Default: False.
            validation_timeout: Maximum time to wait for the validation, at least 60 seconds: a Duration, a timedelta,
                or seconds. Default: 4 hours with a validation profile, 1 hour without.
            wait_for_validation: Whether the deployment waits until validation ends, and fails if validation fails.
                Default: True.
            retain_failed: Whether an algorithm that failed validation is retained when the deployment is rolled back.
                The next attempt removes the algorithm. Default: False.
            removal_policy: Whether to delete or retain the algorithm when it is removed from the stack or replaced. Use
                ``RETAIN_ON_UPDATE_OR_DELETE`` if buyers depend on published algorithms. Default: it is deleted.
            provider: Provider that handles the custom resource requests. Default: the stack's provider, shared by its
                algorithms.
            acknowledge_rules: Rules to skip for this algorithm: IDs and reasons. For a whole scope, use
                ``Validations.of(scope).acknowledge``. Default: none.
            downgrade_rules: Rules whose errors become warnings for this algorithm: IDs and reasons. Default: none.

        Raises:
            ValueError: If arguments are mutually exclusive or invalid. Below the CDK's CLI, they are errors of the
                synthesis. Problems in the definition always are. All are reported at once.
        """
        super().__init__(scope, id)
        errors = ConstructErrors(self)
        path = child_path(scope, id)
        environment = environment_of(scope)
        arguments = Arguments(path)
        self._name = name_property(
            arguments, path, algorithm_name, arguments.text("algorithm_name_prefix", algorithm_name_prefix)
        )
        revision = arguments.text("revision", revision)
        wait_for_validation = arguments.flag("wait_for_validation", wait_for_validation)
        retain_failed = arguments.flag("retain_failed", retain_failed)
        starts_jobs = arguments.flag("validation_role_starts_jobs", validation_role_starts_jobs)
        timeout = _timeout(arguments, validation_timeout, with_profile=validation_specification is not None)
        acknowledged = arguments.reasons("acknowledge_rules", acknowledge_rules, check_acknowledgement)
        downgraded = arguments.reasons("downgrade_rules", downgrade_rules, acknowledgeable)
        provider = arguments.instance(
            "provider", provider, AlgorithmProvider, "an AlgorithmProvider", "omit it for the stack's own"
        )
        removal_policy = arguments.instance(
            "removal_policy", removal_policy, cdk.RemovalPolicy, "a removal policy", _USE_POLICY
        )
        self._tags: cdk.TagManager | None = None
        binding = Binding(self, arguments)
        content = _content(
            {
                "AlgorithmDescription": algorithm_description,
                "TrainingSpecification": training_specification,
                "InferenceSpecification": inference_specification,
                "ValidationSpecification": validation_specification,
                "CertifyForMarketplace": certify_for_marketplace,
            },
            binding,
            arguments,
        )
        role = _given_role(content, validation_role, binding, arguments)
        errors.report(arguments)
        self._role = self._validation_role(content, role, binding.sources, starts_jobs=starts_jobs)
        self._findings = Findings(self, errors, acknowledged, downgraded)
        self._warns_of_exports = False
        self._checked: Mapping[str, Any] = content if algorithm_name is None else {**self._name, **content}
        self._deployment = Deployment(
            account=environment.account,
            region=environment.region,
            validation_timeout=timeout if wait_for_validation else None,
        )
        self._findings.check(self._checked, self._deployment)
        self._warn_of_mutable_tags(content, binding.sources)
        self._provider = provider or AlgorithmProvider.of_stack(scope)
        self._resource = cdk.CfnResource(
            self,
            "Resource",
            type=ALGORITHM_TYPE,
            properties={
                resource_schema.SERVICE_TOKEN: self._provider.service_token,
                resource_schema.SERVICE_TIMEOUT: SERVICE_TIMEOUT,
                **self._name,
                **carried(content),
                **({resource_schema.REVISION: revision} if revision is not None else {}),
                **({} if wait_for_validation else {resource_schema.WAIT_FOR_VALIDATION: False}),
                **({resource_schema.RETAIN_FAILED: True} if retain_failed else {}),
            },
        )
        self._serve(content, own=provider is None)
        if removal_policy is not None:
            self._resource.apply_removal_policy(removal_policy)
        self._validated = self._resource
        self._first_wait: cdk.CfnResource | None = None
        if wait_for_validation:
            self._wait(timeout)
        self._stack_tags = environment.tags
        if environment.tags:
            self._make_tag_manager()
        if certify_for_marketplace is True:
            self._findings.check_again_at_synth(self._complete)

    @classmethod
    def from_request(
        cls,
        scope: Construct,
        id: str,
        request: Mapping[str, Any] | str | Path,
        **options: Any,
    ) -> Algorithm:
        """Create an algorithm from a ``CreateAlgorithm`` request, as the console and the AWS CLI accept it.

        Args:
            scope: Parent construct.
            id: ID within the scope.
            request: A dict, or the path of a JSON file. ``AlgorithmName`` becomes the exact name, and ``Tags`` are
                added to the algorithm's tags.
            **options: The constructor's other arguments, from ``algorithm_name`` on. ``algorithm_name_prefix`` replaces
                the request's name.

        Raises:
            ValueError: If the file is not JSON, or contains no object.
        """
        given = Request.read(request)
        if "algorithm_name_prefix" not in options:
            options.setdefault("algorithm_name", given.name)
        content: dict[str, Any] = dict(given.content)
        algorithm = cls(
            scope,
            id,
            training_specification=content.get("TrainingSpecification"),  # type: ignore[arg-type] # the rules ask for it
            inference_specification=content.get("InferenceSpecification"),
            validation_specification=content.get("ValidationSpecification"),
            certify_for_marketplace=content.get("CertifyForMarketplace"),
            algorithm_description=content.get("AlgorithmDescription"),
            **options,
        )
        for key, value in given.tags.items():
            algorithm.cdk_tag_manager.set_tag(key, value)
        algorithm._check_with(given)
        return algorithm

    @staticmethod
    def from_algorithm_arn(scope: Construct, id: str, algorithm_arn: str) -> AlgorithmBase:
        """Refer to an existing algorithm by its ARN, in any account and region.

        Args:
            scope: Parent construct of the reference.
            id: ID within the scope.
            algorithm_arn: ARN of the algorithm.

        Raises:
            ValueError: If the ARN is not one of an algorithm.
        """
        must_be_text("Algorithm.from_algorithm_arn: algorithm_arn", algorithm_arn)
        # SageMaker does not keep the letter case of ARNs.
        arn = Arn.parse(algorithm_arn.lower())
        if not is_unresolved(algorithm_arn) and (arn is None or not arn.is_a("sagemaker", "algorithm")):
            form = "arn:aws:sagemaker:REGION:ACCOUNT:algorithm/NAME"
            argument = "Algorithm.from_algorithm_arn: algorithm_arn"
            raise ValueError(mismatch(argument, f"an ARN such as {form}", algorithm_arn, _BY_NAME))
        return ImportedAlgorithm(scope, id, algorithm_arn)

    @staticmethod
    def from_algorithm_name(scope: Construct, id: str, algorithm_name: str) -> AlgorithmBase:
        """Refer to an existing algorithm in the stack's account and region.

        Args:
            scope: Parent construct of the reference.
            id: ID within the scope.
            algorithm_name: Name of the algorithm.

        Raises:
            ValueError: If it cannot be the name of an algorithm.
        """
        must_be_text("Algorithm.from_algorithm_name: algorithm_name", algorithm_name)
        if not is_unresolved(algorithm_name) and not is_algorithm_name(algorithm_name):
            remedy = "use from_algorithm_arn" if algorithm_name.startswith("arn:") else ""
            allowed = "1 to 63 letters, digits and hyphens"
            raise ValueError(mismatch("Algorithm.from_algorithm_name: algorithm_name", allowed, algorithm_name, remedy))
        stack = cdk.Stack.of(scope)
        arn = stack.format_arn(service="sagemaker", resource="algorithm", resource_name=algorithm_name)
        return ImportedAlgorithm(scope, id, arn)

    @property
    def algorithm_arn(self) -> str:
        """The ARN of the algorithm; resolves after the algorithm passes validation."""
        return self._attribute(resource_schema.ALGORITHM_ARN)

    @property
    def algorithm_name(self) -> str:
        """The name of the algorithm; resolves after the algorithm passes validation."""
        return self._attribute(resource_schema.ALGORITHM_NAME)

    def _attribute(self, name: str) -> str:
        if not self._warns_of_exports:
            # The exports only matter if something refers to the algorithm.
            self._warns_of_exports = True
            self.node.add_validation(ExportWarning(self, self._validated))
        return self._validated.get_att(name).to_string()

    @property
    def validation_role(self) -> aws_iam.IRole | None:
        """The IAM role that the validation jobs assume; None without a validation specification."""
        if isinstance(self._role, str):
            self._role = aws_iam.Role.from_role_arn(self, "ImportedValidationRole", self._role, mutable=False)
        return self._role

    @property
    def grant_principal(self) -> aws_iam.IPrincipal:
        """The validation role, which receives grants to the algorithm."""
        role = self.validation_role
        if role is not None:
            return role.grant_principal
        unknown: Any = aws_iam.UnknownPrincipal(resource=self)
        return unknown  # type: ignore[no-any-return]

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The algorithm's tags; ``Tags.of(scope).add`` sets them."""
        # Created on first use: a TagManager costs several jsii calls.
        return self._tags or self._make_tag_manager()

    def _make_tag_manager(self) -> cdk.TagManager:
        self._tags = key_value_tags(ALGORITHM_TYPE, self._stack_tags)
        self._resource.add_property_override(resource_schema.TAGS, self._tags.rendered_tags)
        self._findings.check_again_at_synth(self._complete)
        return self._tags

    def _complete(self) -> tuple[object, Deployment]:
        """Return the definition with the tags from aspects, and the deployment with the final removal policy."""
        tags: Mapping[str, str] = self._tags.tag_values() if self._tags is not None else {}
        given: dict[str, Any] = {resource_schema.TAGS: tag_list(tags)} if tags else {}
        deletes = self._deletes() if self._checked.get("CertifyForMarketplace") is True else None
        return {**given, **self._checked}, replace(self._deployment, deletes=deletes)

    def _deletes(self) -> bool:
        options = self._resource.cfn_options
        kept = {cdk.CfnDeletionPolicy.RETAIN, cdk.CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE}
        return options.deletion_policy not in kept or options.update_replace_policy not in kept

    def _check_with(self, request: Request) -> None:
        """Check the parts of a request that the construct does not use."""
        if request.rest:
            self._checked = {**self._checked, **request.rest}
            self._findings.check(self._checked, self._deployment)

    def check_grantee(self, grantee: aws_iam.IGrantable) -> None:
        """Reject the validation role: the algorithm depends on the role's policies, so a grant would be circular.

        Args:
            grantee: Principal of the grant.

        Raises:
            ValueError: If the grantee is the validation role.
        """
        if self._role is None or isinstance(self._role, str):
            return
        if grantee is self._role or grantee is self:
            raise ValueError(
                f"{self.node.path}: cannot grant the algorithm to its own validation role (the algorithm depends on "
                "the role's policies, so the grant would be circular); use a different role for jobs"
            )

    def on_validation_completed(
        self,
        id: str,
        *,
        target: RuleTarget | None = None,
        description: str | None = None,
        rule_name: str | None = None,
    ) -> aws_events.Rule:
        """Create a rule for the event that the algorithm has passed validation.

        This library's handler sends the event once for each created algorithm. EventBridge can deliver it again:
        ``$.detail.Id`` identifies duplicates. The rule exists before validation starts, so its target must not refer to
        the algorithm. The event contains ``$.detail.AlgorithmArn`` and ``$.detail.AlgorithmName``.

        Args:
            id: ID of the rule within the algorithm.
            target: Target of the event. Default: none; call ``add_target`` on the rule.
            description: Text for the EventBridge rule. Default: none.
            rule_name: Name of the EventBridge rule. Default: generated.

        Raises:
            ValueError: If wait_for_validation is False.
        """
        rule_target(self.node.path, "on_validation_completed", target)
        options = _rule_options(target, description, rule_name)
        return self._on_outcome("on_validation_completed", ("Completed",), id, options)

    def on_validation_failed(
        self,
        id: str,
        *,
        target: RuleTarget | None = None,
        description: str | None = None,
        rule_name: str | None = None,
    ) -> aws_events.Rule:
        """Create a rule for the event that validation has failed or exceeded ``validation_timeout``.

        ``$.detail.Outcome`` is ``Failed`` or ``TimedOut``, and ``$.detail.Reason`` is the reason that CloudFormation
        shows. For the other fields see ``on_validation_completed``.

        Args:
            id: ID of the rule within the algorithm.
            target: Target of the event. Default: none; call ``add_target`` on the rule.
            description: Text for the EventBridge rule. Default: none.
            rule_name: Name of the EventBridge rule. Default: generated.

        Raises:
            ValueError: If wait_for_validation is False.
        """
        rule_target(self.node.path, "on_validation_failed", target)
        options = _rule_options(target, description, rule_name)
        return self._on_outcome("on_validation_failed", ("Failed", "TimedOut"), id, options)

    def _on_outcome(
        self, what: str, outcomes: tuple[Outcome, ...], id_: str, options: Mapping[str, Any]
    ) -> aws_events.Rule:
        from cdk_sagemaker_algorithm.cdk.outcome_rules import validation_rule  # noqa: PLC0415 - not always needed

        first = self._awaited(what)
        rule = validation_rule(self, id_, self._resource, outcomes, **options)
        first.node.add_dependency(rule)
        return rule

    def metric_validation_duration(self, **options: Any) -> aws_cloudwatch.Metric:
        """Return the metric of validation durations in seconds; statistic: average.

        The handler writes the metrics to its log in the embedded metric format: namespace ``SageMakerAlgorithm``,
        dimensions ``StackName`` and ``LogicalResourceId``.

        Args:
            **options: Properties of ``aws_cloudwatch.Metric``, such as ``period`` and ``statistic``.
        """
        return self._metric(DURATION_METRIC, "Average", options)

    def metric_validation_completed(self, **options: Any) -> aws_cloudwatch.Metric:
        """Return the metric of passed validations; statistic: sum.

        Args:
            **options: Properties of ``aws_cloudwatch.Metric``, such as ``period`` and ``statistic``.
        """
        return self._metric(COMPLETED_METRIC, "Sum", options)

    def metric_validation_failed(self, **options: Any) -> aws_cloudwatch.Metric:
        """Return the metric of validations that failed or timed out; statistic: sum.

        Args:
            **options: Properties of ``aws_cloudwatch.Metric``, such as ``period`` and ``statistic``.
        """
        return self._metric(FAILED_METRIC, "Sum", options)

    def _metric(self, name: str, statistic: str, options: Mapping[str, Any]) -> aws_cloudwatch.Metric:
        from cdk_sagemaker_algorithm.cdk.outcome_rules import validation_metric  # noqa: PLC0415 - not always needed

        self._awaited(f"the metric {name}")
        given = {"statistic": statistic, **options}
        if "period" in given:
            given["period"] = duration(f"{self.node.path}: period of the metric {name}", given["period"])
        return validation_metric(self._resource, name, given)

    def _awaited(self, what: str) -> cdk.CfnResource:
        if self._first_wait is None:
            raise ValueError(
                f"{self.node.path}: {what} requires wait_for_validation=True; the validation waits publish its events"
            )
        return self._first_wait

    def _names_in_events(self) -> list[Any]:
        exact = self._name.get(resource_schema.ALGORITHM_NAME)
        # The rule does not depend on the algorithm, and matches all of its names.
        return [exact] if exact is not None else [{"prefix": f"{self._name[resource_schema.ALGORITHM_NAME_PREFIX]}-"}]

    def _validation_role(
        self,
        content: dict[str, Any],
        given: RoleSource | str | None,
        sources: Mapping[str, Any],
        *,
        starts_jobs: bool,
    ) -> aws_iam.IRole | str | None:
        specification = content.get("ValidationSpecification")
        if not is_object(specification):
            return None
        if isinstance(given, str):
            return given
        from cdk_sagemaker_algorithm.cdk.validation_role import (  # noqa: PLC0415 - not always needed
            grant_job_creation,
            grant_needs,
            make_role,
        )

        role: Any = given if given is not None else make_role(self)
        if given is None:
            content["ValidationSpecification"] = {"ValidationRole": role.role_arn, **specification}
        if not hasattr(role, "grant_principal"):
            # Such as an L1 role, which has only an ARN.
            return str(role.role_ref.role_arn)
        grant_needs(self, role, content, sources, all_=given is None)
        if starts_jobs:
            grant_job_creation(role)
        if given is None:
            linter_suppressions.acknowledge_role(role)
        return role  # type: ignore[no-any-return]

    def _serve(self, content: Mapping[str, Any], *, own: bool) -> None:
        specification = content.get("ValidationSpecification")
        arn = specification.get("ValidationRole") if is_object(specification) else None
        role_arn = arn if isinstance(arn, str) and arn else None
        if own:
            self._provider.serve(self._resource, role_arn=role_arn)
        else:
            self._provider.serve_any(self._resource, role_arn=role_arn)
        if self._role is not None and not isinstance(self._role, str):
            # SageMaker uses the role immediately, so its policies must exist (aws-cdk#10064).
            self._resource.node.add_dependency(self._role)
            linter_suppressions.acknowledge_dependency(self._resource)

    def _warn_of_mutable_tags(self, content: Mapping[str, Any], sources: Mapping[str, Any]) -> None:
        for path, image in images_of(content):
            source: Any = sources.get(path)
            tag = source.mutable_tag() if hasattr(source, "mutable_tag") else mutable_tag_of(image)
            if tag is not None:
                self._findings.warn_of_mutable_tag(path, tag)

    def _wait(self, timeout: int) -> None:
        count = math.ceil(timeout / WAIT_SECONDS)
        for index in range(1, count + 1):
            self._validated = cdk.CfnResource(
                self,
                f"ValidationWait{index}",
                type=VALIDATION_TYPE,
                properties={
                    resource_schema.SERVICE_TOKEN: self._provider.service_token,
                    resource_schema.SERVICE_TIMEOUT: SERVICE_TIMEOUT,
                    # As get_att has it, at a third of the round trips. CustomResource would take two more for each.
                    **_attributes_of(self._validated, resource_schema.ALGORITHM_NAME, resource_schema.CREATION_TIME),
                    resource_schema.WAIT_INDEX: index,
                    resource_schema.WAIT_COUNT: count,
                    resource_schema.VALIDATION_TIMEOUT: timeout,
                },
            )
            self._first_wait = self._first_wait or self._validated


def _attributes_of(resource: cdk.CfnResource, *names: str) -> dict[str, Any]:
    logical_id = resource.logical_id
    return {name: {"Fn::GetAtt": [logical_id, name]} for name in names}


def _content(members: Mapping[str, Any], binding: Binding, arguments: Arguments) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for member, value in members.items():
        if value is None:
            continue
        try:
            content |= render({member: value}, binding.resolve)
        except UnsupportedValueError as error:
            place, _, problem = str(error).partition(": ")
            arguments.fail(f"{python_spelling(place)}: {problem}")
            content[member] = cdk.Aws.NO_VALUE
    return content


def _given_role(
    content: dict[str, Any], validation_role: RoleSource | str | None, binding: Binding, arguments: Arguments
) -> RoleSource | str | None:
    """Return the validation role, if one is set; a role from the argument is added to the definition."""
    specification = content.get("ValidationSpecification")
    if validation_role is None:
        if not is_object(specification):
            return None
        rendered = specification.get("ValidationRole")
        return binding.sources.get(VALIDATION_ROLE, rendered)
    if specification is None:
        arguments.fail("validation_role requires validation_specification")
    elif is_object(specification) and "ValidationRole" in specification:
        arguments.fail(
            "the validation role is set twice; remove validation_role or ValidationSpecification.ValidationRole"
        )
    role: Any = validation_role
    if not isinstance(role, str):
        role = arguments.having("validation_role", role, "role_ref", "an IAM role", USE_ROLE)
    if role is not None and is_object(specification):
        arn = role if isinstance(role, str) else str(role.role_ref.role_arn)
        content["ValidationSpecification"] = {"ValidationRole": arn, **specification}
    return role  # type: ignore[no-any-return]


def _rule_options(target: RuleTarget | None, description: str | None, rule_name: str | None) -> dict[str, Any]:
    return {"targets": None if target is None else [target], "description": description, "rule_name": rule_name}


def _timeout(arguments: Arguments, given: object, *, with_profile: bool) -> int:
    if given is None:
        return _DEFAULT_TIMEOUT_WITH_PROFILE if with_profile else _DEFAULT_TIMEOUT
    return arguments.seconds("validation_timeout", given, least=_SHORTEST_TIMEOUT) or _DEFAULT_TIMEOUT

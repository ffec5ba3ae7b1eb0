"""The jobs behind a failure, found with the model that the handler has and no other."""

from __future__ import annotations

import re

import botocore.session
import pytest

from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step
from cdk_sagemaker_algorithm_provider import clients
from cdk_sagemaker_algorithm_provider.algorithm_store import Algorithms
from cdk_sagemaker_algorithm_provider.failure_report import Diagnosis
from tests.support.sagemaker import PLAN, local_sagemaker

STEPS: list[tuple[Step, str]] = [("training", "TrainingJobs"), ("transform", "TransformJobs")]


@pytest.mark.parametrize(("step", "log_group"), STEPS)
def test_the_failed_job_is_named_with_its_reason_and_its_log(step: Step, log_group: str) -> None:
    with local_sagemaker({step: "AlgorithmError: exit code 137"}) as local:
        name = local.create()
        local.clock.forward(PLAN.duration)
        session = botocore.session.get_session()
        session.get_component("data_loader").search_paths.insert(0, str(clients.MODELS))
        client = session.create_client(
            "sagemaker",
            endpoint_url=local.server.url,
            region_name="us-east-1",
            aws_access_key_id=local.key.access_key_id,
            aws_secret_access_key=local.key.secret_access_key,
        )
        found = Algorithms(client).find(name)
        assert found is not None
        explanation = Diagnosis(client).explain(found)
    assert f"{step} job " in explanation
    assert "Failed: AlgorithmError: exit code 137; read its log: aws logs tail /aws/sagemaker/" in explanation
    command = re.search(r"read its log: (aws logs tail .*)", explanation)
    assert command is not None
    pattern = rf"aws logs tail /aws/sagemaker/{log_group} --log-stream-name-prefix \S+/ --since \S+ --region us-east-1"
    assert re.fullmatch(pattern, command[1])
    assert "no job of this validation" not in explanation

"""Rules for the requests of the transform job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_sagemaker_algorithm.containers.transform_job import FileResult
from cdk_sagemaker_algorithm.model.display_text import counted
from cdk_sagemaker_algorithm.model.json_access import strings, structure
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun, image_path
from cdk_sagemaker_algorithm.preflight.rules.rule import Citation, Hit, RunRule
from cdk_sagemaker_algorithm.preflight.rules.serving import UNAVAILABLE
from cdk_sagemaker_algorithm.reporting import Level

_BATCH: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html"
_CODE: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html"
_ERRORS: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-errors.html"
_OUTPUT: Final = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformOutput.html"
_SPECIFICATION: Final = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InferenceSpecification.html"
_LARGE_FIELDS: Final = frozenset({413})
_SERVER_ERROR: Final = 500
_CLIENT_ERROR: Final = 400


def _files(run: ProfileRun) -> list[FileResult]:
    return run.transform.files if run.transform is not None else []


def _last_image(run: ProfileRun) -> str:
    """Return the path of the image whose responses are the results."""
    return image_path(len(run.transform.servers) - 1 if run.transform is not None else 0)


def _log(run: ProfileRun, file: FileResult) -> tuple[str, ...]:
    """Return the last lines of the container in which a request failed."""
    return run.transform.servers[file.container].log.last_words(4) if run.transform is not None else ()


def _where(run: ProfileRun, file: FileResult) -> str:
    """Name the container in which a request failed, if there are several."""
    several = run.transform is not None and len(run.transform.servers) > 1
    return f" in container {file.container + 1}" if several else ""


def _failed(run: ProfileRun) -> Iterator[Hit]:
    for file in _files(run):
        if file.error and not file.too_large and not file.timed_out:
            kind = f"HTTP {file.status}" if file.status else "no response"
            yield Hit(
                message=f"{file.name}: /invocations failed{_where(run, file)}: {kind}",
                path=run.transform_path,
                evidence=(file.error, *_log(run, file)),
            )


def _timed_out(run: ProfileRun) -> Iterator[Hit]:
    for file in _files(run):
        if file.timed_out and run.transform is not None:
            limit = run.transform.job.invocation_timeout
            yield Hit(
                message=f"{file.name}: no complete response{_where(run, file)} within {limit:g} s",
                path=run.transform_path,
                evidence=_log(run, file),
            )


def _too_large(run: ProfileRun) -> Iterator[Hit]:
    for file in _files(run):
        if file.too_large and run.transform is not None:
            limit = run.transform.settings.payload_in_mb
            split = structure(run.profile, "TransformJobDefinition", "TransformInput").get("SplitType") or "None"
            unit = "the file" if split == "None" else "a record"
            yield Hit(
                message=f"{file.name}: {unit} is larger than MaxPayloadInMB ({limit} MB)",
                path=f"{run.transform_path}.MaxPayloadInMB",
                evidence=(f"{file.size:,} bytes, SplitType {split}",),
                remedy="set split_type to Line, RecordIO or TFRecord" if split == "None" else "",
            )


def _records(run: ProfileRun) -> Iterator[Hit]:
    source = structure(run.profile, "TransformJobDefinition", "TransformInput")
    if source.get("SplitType") != "Line":
        return
    for file in _files(run):
        if not file.error and file.records != file.lines:
            yield Hit(
                message=f"{file.name}: {counted(file.records, 'record')} in, {counted(file.lines, 'line')} out; "
                "results cannot be assigned",
                path=_last_image(run),
                evidence=(f"{counted(file.requests, 'request')}, {file.result_size:,} bytes of results",),
            )


def _accept(run: ProfileRun) -> Iterator[Hit]:
    accept = str(structure(run.profile, "TransformJobDefinition", "TransformOutput").get("Accept") or "")
    wanted = accept.partition(";")[0].strip().lower()
    for file in _files(run):
        others = sorted(kind or "no Content-Type" for kind in file.content_types - {wanted})
        if not file.error and wanted and wanted != "*/*" and others:
            yield Hit(
                message=f"{file.name}: requested {wanted}, got {', '.join(others)}",
                path=f"{run.transform_path}.TransformOutput.Accept",
            )


def _response_type(run: ProfileRun) -> Iterator[Hit]:
    declared = {
        str(kind).partition(";")[0].strip().lower()
        for kind in strings(run.definition, "InferenceSpecification", "SupportedResponseMIMETypes")
    }
    for file in _files(run):
        others = sorted(kind or "no Content-Type" for kind in file.content_types - declared)
        if declared and not file.error and others:
            types = ", ".join(others)
            yield Hit(
                message=f"{file.name}: SupportedResponseMIMETypes does not have the type of the responses: {types}",
                path="InferenceSpecification.SupportedResponseMIMETypes",
                evidence=(f"SupportedResponseMIMETypes: {', '.join(sorted(declared))}",),
            )


def _empty(run: ProfileRun) -> Iterator[Hit]:
    for file in _files(run):
        if not file.error and file.empty_answers:
            yield Hit(
                message=f"{file.name}: {file.empty_answers} of {file.requests} responses are empty",
                path=_last_image(run),
            )


def _encoding(run: ProfileRun) -> Iterator[Hit]:
    for file in _files(run):
        if file.not_utf8:
            yield Hit(
                message=f"{file.name}: the responses are not UTF-8, and their Content-Type names no charset",
                path=_last_image(run),
                evidence=(file.not_utf8,),
            )


def _parameters(run: ProfileRun) -> Iterator[Hit]:
    if run.transform is not None and run.transform.settings.problem:
        yield Hit(message=f"/execution-parameters: {run.transform.settings.problem}", path=image_path(0))


def _parameters_status(run: ProfileRun) -> Iterator[Hit]:
    status = run.transform.settings.status if run.transform is not None else 0
    if status >= _SERVER_ERROR:
        yield Hit(message=f"/execution-parameters: HTTP {status}; an unknown path is 404", path=image_path(0))


def _retried(run: ProfileRun) -> Iterator[Hit]:
    for file in _files(run):
        # `ping-before-ready` is about a first request that gets 503.
        told = file is _files(run)[0] and file.retried[:1] == [UNAVAILABLE]
        retried = file.retried[1:] if told else file.retried
        if not file.error and retried:
            statuses = ", ".join(map(str, sorted(set(retried))))
            yield Hit(
                message=f"{file.name}: {counted(len(retried), 'request')} succeeded only when sent again",
                path=_last_image(run),
                evidence=(f"HTTP {statuses} before",),
            )


def _unsupported(run: ProfileRun) -> Iterator[Hit]:
    probe = run.transform.unsupported if run.transform is not None else None
    if probe is not None and not _CLIENT_ERROR <= probe.status < _SERVER_ERROR:
        what = f"HTTP {probe.status}" if probe.status else probe.answer
        yield Hit(
            message=f"a request with an undeclared Content-Type gets {what} instead of 4xx",
            path="InferenceSpecification.SupportedContentTypes",
            evidence=(probe.answer,),
        )


def _largest(run: ProfileRun) -> Iterator[Hit]:
    probe = run.transform.largest if run.transform is not None else None
    if probe is not None and not 200 <= probe.status < 300:  # noqa: PLR2004 - HTTP
        what = f"HTTP {probe.status}" if probe.status else probe.answer
        hint = " (a limit of a proxy, such as client_max_body_size of nginx)" if probe.status in _LARGE_FIELDS else ""
        yield Hit(
            message=f"a request of {probe.size:,} bytes, within MaxPayloadInMB, gets {what}{hint}",
            path=f"{run.transform_path}.MaxPayloadInMB",
            evidence=(probe.answer,),
        )


def _concurrent(run: ProfileRun) -> Iterator[Hit]:
    probes = run.transform.concurrent if run.transform is not None else ()
    failed = [probe for probe in probes if not 200 <= probe.status < 300]  # noqa: PLR2004 - HTTP
    if failed:
        yield Hit(
            message=f"{len(failed)} of {len(probes)} concurrent requests failed",
            path=f"{run.transform_path}.MaxConcurrentTransforms",
            evidence=(failed[0].answer or f"HTTP {failed[0].status}",),
        )


RULES: Final = (
    RunRule(
        id="invocation-failed",
        level=Level.ERROR,
        requirement="The server answers every POST /invocations with a status of 2xx",
        remedy="fix the error in the response and the log",
        source=Citation(_ERRORS),
        check=_failed,
    ),
    RunRule(
        id="invocation-timeout",
        level=Level.ERROR,
        requirement="The server answers every request within 600 seconds",
        remedy="send smaller requests (MaxPayloadInMB, BatchStrategy), or answer faster",
        source=Citation("https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ModelClientConfig.html"),
        check=_timed_out,
    ),
    RunRule(
        id="payload-too-large",
        level=Level.ERROR,
        requirement="Every record, or every file without SplitType, fits into MaxPayloadInMB",
        remedy="raise MaxPayloadInMB (up to 100), or make the records smaller",
        source=Citation("https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html"),
        check=_too_large,
    ),
    RunRule(
        id="records-differ",
        level=Level.WARNING,
        requirement="With SplitType Line, the server answers each record with one line",
        remedy="answer with one line for each line of the request",
        source=Citation(_BATCH),
        check=_records,
    ),
    RunRule(
        id="accept-ignored",
        level=Level.WARNING,
        requirement="The server answers in the media type of the Accept header",
        remedy="answer in the type of Accept, or correct TransformOutput.Accept",
        source=Citation(_OUTPUT),
        check=_accept,
    ),
    RunRule(
        id="response-type",
        level=Level.WARNING,
        requirement="The server answers in one of SupportedResponseMIMETypes",
        remedy="correct the Content-Type of the responses, or declare it in SupportedResponseMIMETypes",
        source=Citation(_SPECIFICATION),
        check=_response_type,
    ),
    RunRule(
        id="empty-answer",
        level=Level.WARNING,
        requirement="Requests with records get answers with content",
        remedy="return a result for each record",
        source=Citation(_BATCH, documented=False),
        check=_empty,
    ),
    RunRule(
        id="response-not-utf8",
        level=Level.WARNING,
        requirement="Responses in text or JSON are UTF-8, or their Content-Type names the charset",
        remedy="encode responses as UTF-8, or add the charset, such as text/csv; charset=iso-8859-1",
        source=Citation("https://www.rfc-editor.org/rfc/rfc8259#section-8.1", documented=False),
        check=_encoding,
    ),
    RunRule(
        id="execution-parameters",
        level=Level.WARNING,
        requirement="/execution-parameters answers with valid JSON, or with 404",
        remedy="answer with MaxConcurrentTransforms, MaxPayloadInMB and BatchStrategy as JSON, or with 404",
        source=Citation(_CODE),
        check=_parameters,
    ),
    RunRule(
        id="execution-parameters-status",
        level=Level.WARNING,
        requirement="A server without /execution-parameters answers 404",
        remedy="answer unknown paths with 404",
        source=Citation(_CODE),
        check=_parameters_status,
    ),
    RunRule(
        id="invocation-retried",
        level=Level.WARNING,
        requirement="Requests succeed the first time",
        remedy="fix the errors of the first attempts",
        source=Citation("https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ModelClientConfig.html"),
        check=_retried,
    ),
    RunRule(
        id="unsupported-type",
        level=Level.WARNING,
        requirement="The server answers an undeclared Content-Type with 4xx",
        remedy="answer 415 for content types that the server does not support",
        source=Citation(_SPECIFICATION, documented=False),
        check=_unsupported,
    ),
    RunRule(
        id="largest-payload",
        level=Level.WARNING,
        requirement="The server takes requests up to MaxPayloadInMB",
        remedy="raise the limits of the server and its proxy, or lower MaxPayloadInMB",
        source=Citation(_CODE),
        check=_largest,
    ),
    RunRule(
        id="not-concurrent",
        level=Level.WARNING,
        requirement="The server takes MaxConcurrentTransforms requests at once",
        remedy="serve requests in parallel, or lower MaxConcurrentTransforms",
        source=Citation(_CODE),
        check=_concurrent,
    ),
)

"""Define S3 locations that a validation reads or writes."""

from __future__ import annotations

import abc
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Literal
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import Construct

from cdk_sagemaker_algorithm.cdk.arguments import mismatch, must_be, must_be_path, must_be_text
from cdk_sagemaker_algorithm.cdk.kernel import Memo, free_id, partition
from cdk_sagemaker_algorithm.model.s3_uri import split_s3_uri

if TYPE_CHECKING:
    from aws_cdk import aws_iam, aws_s3

Access = Literal["read", "write"]

_OBJECT_ACTIONS: Final[dict[Access, list[str]]] = {
    "read": ["s3:GetObject"],
    "write": ["s3:AbortMultipartUpload", "s3:PutObject"],
}
#: Writing requires decrypting, too: S3 reads the parts of a multipart upload.
_KEY_ACTIONS: Final[dict[Access, list[str]]] = {
    "read": ["kms:Decrypt"],
    "write": ["kms:Decrypt", "kms:GenerateDataKey"],
}


class S3Data(abc.ABC):
    """An S3 location: the input or output of a validation job.

    The validation role is granted only the access that the job needs. The objects in a manifest are not known at
    synthesis: grant the validation role permission to read them.
    """

    @staticmethod
    def from_bucket(bucket: aws_s3.IBucket, prefix: str = "") -> S3Data:
        """Use a prefix of a bucket, or one object.

        Args:
            bucket: S3 bucket. The grant includes its KMS key, if it has one.
            prefix: Prefix of the keys. Default: the whole bucket.
        """
        name = bucket if isinstance(bucket, str) else "bucket"
        remedy = f'use S3Data.from_uri("s3://{name}/{prefix}"), or an object such as s3.Bucket.from_bucket_name(…)'
        must_be("S3Data.from_bucket: bucket", "a bucket", bucket, "bucket_name", remedy)
        must_be_text("S3Data.from_bucket: prefix", prefix)
        return _BucketData(bucket, prefix)

    @staticmethod
    def from_asset(
        path: str | Path, *, exclude: list[str] | None = None, follow_symlinks: cdk.SymlinkFollowMode | None = None
    ) -> S3Data:
        """Upload a file or a directory during deployment; changed content replaces the algorithm.

        The files of a directory keep their names, under a prefix that identifies their content. An asset cannot be used
        for output.

        Args:
            path: Path of the file or directory.
            exclude: Patterns of files in a directory to exclude, as in ``.gitignore``. Default: none.
            follow_symlinks: Symbolic links in a directory to replace by their targets. Default: links within the
                directory are kept, and links out of it are an error: they can upload files by accident.
        """
        must_be_path("S3Data.from_asset: path", path)
        return _AssetData(Path(path), exclude or [], follow_symlinks)

    @staticmethod
    def from_uri(uri: str) -> S3Data:
        """Use an S3 location by its URI. Grant the bucket's KMS key, if any, to the validation role yourself.

        Args:
            uri: Such as ``s3://bucket/prefix``.
        """
        if hasattr(uri, "bucket_name"):
            raise ValueError(mismatch("S3Data.from_uri: uri", "a string", uri, "use S3Data.from_bucket(bucket)"))
        must_be_text("S3Data.from_uri: uri", uri)
        return _UriData(uri)

    @abc.abstractmethod
    def bind(self, scope: Construct, grantee: aws_iam.IGrantable | None, *, access: Access) -> str:
        """Return the URI of the location.

        Args:
            scope: Construct that uses the location.
            grantee: Principal that reads or writes; None for no grant.
            access: Read or write.
        """


class _BucketData(S3Data):
    def __init__(self, bucket: aws_s3.IBucket, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix.removeprefix("/")

    def bind(self, scope: Construct, grantee: aws_iam.IGrantable | None, *, access: Access) -> str:  # noqa: ARG002 - part of binding
        if grantee is not None:
            _grant(grantee, self._bucket.bucket_arn, self._prefix, access, self._bucket)
            if self._bucket.encryption_key is not None:
                self._bucket.encryption_key.grant(grantee, *_KEY_ACTIONS[access])
        return f"s3://{self._bucket.bucket_name}/{self._prefix}"


class _UriData(S3Data):
    def __init__(self, uri: str) -> None:
        self._uri = uri

    def bind(self, scope: Construct, grantee: aws_iam.IGrantable | None, *, access: Access) -> str:  # noqa: ARG002 - part of binding
        if grantee is not None:
            bucket, prefix = split_s3_uri(self._uri)
            if bucket:
                _grant(grantee, _bucket_arn(bucket), prefix, access)
            elif cdk.Token.is_unresolved(self._uri):
                self._grant_unknown(grantee, access)
        return self._uri

    def _grant_unknown(self, grantee: aws_iam.IGrantable, access: Access) -> None:
        """Derive the ARN during deployment: an ARN is ``s3://bucket/prefix`` with a different start."""
        path = cdk.Fn.select(1, cdk.Fn.split("s3://", self._uri))
        _grant_objects(grantee, f"{_bucket_arn(path)}*", access)
        if access == "read":
            _grant_listing(grantee, _bucket_arn(cdk.Fn.select(0, cdk.Fn.split("/", path))), None)


class _AssetData(S3Data):
    def __init__(self, path: Path, exclude: list[str], follow_symlinks: cdk.SymlinkFollowMode | None) -> None:
        if not path.exists():
            raise ValueError(
                f"{path}: file or directory not found; relative paths start at the directory where cdk runs"
            )
        self._path = path
        self._exclude = exclude
        self._follow_symlinks = follow_symlinks
        self._places: WeakKeyDictionary[Construct, tuple[str, str]] = WeakKeyDictionary()

    def bind(self, scope: Construct, grantee: aws_iam.IGrantable | None, *, access: Access) -> str:
        if access == "write":
            raise ValueError(
                f"an asset cannot be used for output ({self._path}); use S3Data.from_bucket or S3Data.from_uri"
            )
        place = self._places.get(scope)
        if place is None:
            place = self._places[scope] = self._publish(scope)
        bucket, key = place
        if grantee is not None:
            _grant(grantee, _bucket_arn(bucket), key, access)
        return f"s3://{bucket}/{key}"

    def _publish(self, scope: Construct) -> tuple[str, str]:
        staging = cdk.AssetStaging(
            scope,
            free_id(scope, "Data"),
            source_path=str(self._path),
            exclude=self._exclude,
            ignore_mode=cdk.IgnoreMode.GIT,
            # The CDK's own default follows links out of the directory.
            follow=self._follow_symlinks or cdk.SymlinkFollowMode.NEVER,
        )
        staged = staging.relative_staged_path(cdk.Stack.of(scope))
        if self._path.is_file():
            return _publish_file(scope, staging.asset_hash, staged)
        return self._publish_directory(scope, Path(staging.absolute_staged_path), staging.asset_hash, staged)

    def _publish_directory(self, scope: Construct, copy: Path, content: str, staged: str) -> tuple[str, str]:
        """Publish each file as an asset: SageMaker does not unpack the archive that the CDK would create."""
        bucket = prefix = ""
        for file in sorted(copy.rglob("*")):
            name = file.relative_to(copy).as_posix()
            if file.is_symlink() and not file.resolve().is_relative_to(copy.resolve()):
                raise ValueError(
                    f"{self._path / name}: the symbolic link leads out of the directory; exclude it, or set "
                    "follow_symlinks=SymlinkFollowMode.EXTERNAL to upload what it points to"
                )
            if not file.is_file():
                continue
            bucket, key = _publish_file(scope, f"{content}/{_without_extension(name)}", f"{staged}/{name}")
            if not key.endswith(name):
                raise ValueError(
                    f"{self._path}: the stack's synthesizer chooses the names of assets, and the files of a directory "
                    "need their own names under one prefix; use the default synthesizer, or S3Data.from_bucket"
                )
            prefix = key.removesuffix(name)
        if not bucket:
            raise ValueError(f"{self._path}: the directory has no files, so there is nothing to upload")
        return bucket, prefix


def _publish_file(scope: Construct, identity: str, staged: str) -> tuple[str, str]:
    location = _synthesizer_of(cdk.Stack.of(scope)).add_file_asset(
        source_hash=identity, file_name=staged, packaging=cdk.FileAssetPackaging.FILE
    )
    return location.bucket_name, location.object_key


def _find_synthesizer(stack: cdk.Stack) -> cdk.IStackSynthesizer:
    """Return an object that forwards file assets to the stack's synthesizer.

    The CDK binds a copy of a synthesizer that an app sets, and jsii takes the copy for the original, which is bound to
    no stack. The synthesizer of a nested stack is created inside the kernel and refers to the copy.
    `aws_s3_assets.Asset` would do without, but derives the key from the content alone, and a channel's files need
    their names and a prefix in common.
    """
    nested = cdk.NestedStack(stack, free_id(stack, "FileAssets"))
    synthesizer = nested.synthesizer
    for id_ in (nested.node.id, f"{nested.node.id}.NestedStack"):
        stack.node.try_remove_child(id_)
    return synthesizer


_synthesizer_of: Memo[cdk.Stack, cdk.IStackSynthesizer] = Memo(_find_synthesizer)


def _without_extension(name: str) -> str:
    """Return the name without the extension, which the CDK adds to form the key."""
    path = PurePosixPath(name)
    if path.name.endswith("."):
        raise ValueError(f"{name}: a file whose name ends with a dot cannot be an asset, rename it")
    return name.removesuffix(path.suffix)


def _bucket_arn(bucket: str) -> str:
    return f"arn:{partition()}:s3:::{bucket}"


def _grant(
    grantee: aws_iam.IGrantable, bucket_arn: str, prefix: str, access: Access, bucket: aws_s3.IBucket | None = None
) -> None:
    _grant_objects(grantee, f"{bucket_arn}/{prefix}*", access, bucket)
    if access == "read":
        _grant_listing(grantee, bucket_arn, prefix, bucket)


def _grant_objects(
    grantee: aws_iam.IGrantable, objects: str, access: Access, bucket: aws_s3.IBucket | None = None
) -> None:
    _grant_actions(grantee, _OBJECT_ACTIONS[access], objects, bucket, None)


def _grant_listing(
    grantee: aws_iam.IGrantable, bucket_arn: str, prefix: str | None, bucket: aws_s3.IBucket | None = None
) -> None:
    conditions = {"StringLike": {"s3:prefix": f"{prefix}*"}} if prefix else None
    _grant_actions(grantee, ["s3:ListBucket"], bucket_arn, bucket, conditions)


def _grant_actions(
    grantee: aws_iam.IGrantable,
    actions: list[str],
    resource_arn: str,
    bucket: aws_s3.IBucket | None,
    conditions: dict[str, dict[str, str]] | None,
) -> None:
    from aws_cdk import aws_iam  # noqa: PLC0415 - not always needed

    if bucket is None:
        aws_iam.Grant.add_to_principal(
            grantee=grantee, actions=actions, resource_arns=[resource_arn], conditions=conditions
        )
        return
    # Of another account, the bucket's policy has to allow it too. (CDK's own types disagree on a parameter's name.)
    resource: Any = bucket
    aws_iam.Grant.add_to_principal_or_resource(
        grantee=grantee, actions=actions, resource_arns=[resource_arn], resource=resource, conditions=conditions
    )

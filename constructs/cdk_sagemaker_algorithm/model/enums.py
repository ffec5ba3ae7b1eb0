"""Strings of the API of which there are few. Plain strings do as well everywhere."""

from __future__ import annotations

from enum import StrEnum


class ParameterType(StrEnum):
    """What a hyperparameter's values are."""

    INTEGER = "Integer"
    CONTINUOUS = "Continuous"
    CATEGORICAL = "Categorical"
    FREE_TEXT = "FreeText"


class InputMode(StrEnum):
    """How training data gets into the container. SageMaker rejects ``FastFile`` in an algorithm.

    API shape: ``TrainingInputMode``.
    """

    PIPE = "Pipe"
    FILE = "File"
    FAST_FILE = "FastFile"


class CompressionType(StrEnum):
    """How input data is compressed."""

    NONE = "None"
    GZIP = "Gzip"


class HyperParameterTuningJobObjectiveType(StrEnum):
    """Which way a tuning job looks for the best metric."""

    MAXIMIZE = "Maximize"
    MINIMIZE = "Minimize"


class AdditionalS3DataSourceDataType(StrEnum):
    """What the URI of an additional data source points to."""

    S3_OBJECT = "S3Object"
    S3_PREFIX = "S3Prefix"


class S3ModelDataType(StrEnum):
    """What the URI of model data points to."""

    S3_PREFIX = "S3Prefix"
    S3_OBJECT = "S3Object"


class ModelCompressionType(StrEnum):
    """How model data is packed."""

    NONE = "None"
    GZIP = "Gzip"


class S3DataType(StrEnum):
    """What the URI of input data points to."""

    MANIFEST_FILE = "ManifestFile"
    S3_PREFIX = "S3Prefix"
    AUGMENTED_MANIFEST_FILE = "AugmentedManifestFile"
    CONVERSE = "Converse"


class S3DataDistribution(StrEnum):
    """Whether each instance gets all objects or its share of them."""

    FULLY_REPLICATED = "FullyReplicated"
    SHARDED_BY_S3_KEY = "ShardedByS3Key"


class FileSystemAccessMode(StrEnum):
    """How a file system is mounted."""

    READ_WRITE = "rw"
    READ_ONLY = "ro"


class FileSystemType(StrEnum):
    """The kinds of file system that a channel can read."""

    EFS = "EFS"
    FSX_LUSTRE = "FSxLustre"


class RecordWrapper(StrEnum):
    """How each S3 object is wrapped on its way into the container."""

    NONE = "None"
    RECORD_IO = "RecordIO"


class OutputCompressionType(StrEnum):
    """How the trained model is packed."""

    GZIP = "GZIP"
    NONE = "NONE"


class BatchStrategy(StrEnum):
    """How many records go into one request of a transform job."""

    MULTI_RECORD = "MultiRecord"
    SINGLE_RECORD = "SingleRecord"


class SplitType(StrEnum):
    """Where a transform job splits its input files into records."""

    NONE = "None"
    LINE = "Line"
    RECORD_IO = "RecordIO"
    TF_RECORD = "TFRecord"


class AssemblyType(StrEnum):
    """How a transform job puts its results together."""

    NONE = "None"
    LINE = "Line"

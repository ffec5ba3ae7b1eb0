"""Strings of the API of which there are few. Plain strings do as well everywhere."""

from __future__ import annotations

from enum import StrEnum


class ParameterType(StrEnum):
    """Type of a hyperparameter's values."""

    INTEGER = "Integer"
    CONTINUOUS = "Continuous"
    CATEGORICAL = "Categorical"
    FREE_TEXT = "FreeText"


class InputMode(StrEnum):
    """Transfer of training data into the container. SageMaker rejects ``FastFile`` in an algorithm.

    API shape: ``TrainingInputMode``.
    """

    PIPE = "Pipe"
    FILE = "File"
    FAST_FILE = "FastFile"


class CompressionType(StrEnum):
    """Compression of input data."""

    NONE = "None"
    GZIP = "Gzip"


class HyperParameterTuningJobObjectiveType(StrEnum):
    """Direction in which a tuning job optimizes a metric."""

    MAXIMIZE = "Maximize"
    MINIMIZE = "Minimize"


class AdditionalS3DataSourceDataType(StrEnum):
    """Kind of object at the URI of an additional data source."""

    S3_OBJECT = "S3Object"
    S3_PREFIX = "S3Prefix"


class S3ModelDataType(StrEnum):
    """Kind of object at the URI of model data."""

    S3_PREFIX = "S3Prefix"
    S3_OBJECT = "S3Object"


class ModelCompressionType(StrEnum):
    """Packaging of model data."""

    NONE = "None"
    GZIP = "Gzip"


class S3DataType(StrEnum):
    """Kind of object at the URI of input data."""

    MANIFEST_FILE = "ManifestFile"
    S3_PREFIX = "S3Prefix"
    AUGMENTED_MANIFEST_FILE = "AugmentedManifestFile"
    CONVERSE = "Converse"


class S3DataDistribution(StrEnum):
    """Distribution of S3 objects to instances: all objects for each, or a share."""

    FULLY_REPLICATED = "FullyReplicated"
    SHARDED_BY_S3_KEY = "ShardedByS3Key"


class FileSystemAccessMode(StrEnum):
    """Mount mode of a file system."""

    READ_WRITE = "rw"
    READ_ONLY = "ro"


class FileSystemType(StrEnum):
    """The kinds of file system that a channel can read."""

    EFS = "EFS"
    FSX_LUSTRE = "FSxLustre"


class RecordWrapper(StrEnum):
    """Wrapping of each S3 object on its way into the container."""

    NONE = "None"
    RECORD_IO = "RecordIO"


class OutputCompressionType(StrEnum):
    """Packaging of the trained model."""

    GZIP = "GZIP"
    NONE = "NONE"


class BatchStrategy(StrEnum):
    """Number of records in one request of a transform job."""

    MULTI_RECORD = "MultiRecord"
    SINGLE_RECORD = "SingleRecord"


class SplitType(StrEnum):
    """Separator of the records in a transform job's input files."""

    NONE = "None"
    LINE = "Line"
    RECORD_IO = "RecordIO"
    TF_RECORD = "TFRecord"


class AssemblyType(StrEnum):
    """Assembly of a transform job's results."""

    NONE = "None"
    LINE = "Line"

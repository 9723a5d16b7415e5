"""Every exception, drawn as a tree.

    FreewheelError
    ├── UsageError                  a word or an option that cannot be read             exit 2
    │   ├── InvalidOptionValue
    │   └── OptionNotSupported
    ├── UnknownCommand              there is no such command                            exit 1
    ├── ConfigurationFileError      a configuration file cannot be understood           exit 2
    ├── NothingAsked                a command that needs requirements was given none
    ├── CacheDisabled               a cache command without a cache
    ├── CommandMisused              what can be read, and not be done together or here
    ├── NobodyToAsk                 nobody confirms what has to be confirmed            exit 2
    ├── RequirementError            what was asked for cannot be understood
    │   ├── MalformedRequirement
    │   ├── RequirementsFileError
    │   ├── MalformedToml           a lock file, project file or script
    │   ├── RequirementsFileLoop
    │   ├── LockFileError
    │   ├── DependencyGroupError
    │   ├── ScriptMetadataError
    │   ├── ScriptForOtherPython
    │   └── UnusablePath
    ├── HashesRequired              hash-checking mode, and something without a digest
    ├── NetworkError                a URL could not be read
    │   ├── Unreachable
    │   ├── NotStored
    │   ├── FileGone                a local archive is not where it was said to be
    │   ├── UntrustedCertificate
    │   ├── ClientCertificateRefused
    │   ├── UnusableProxy
    │   ├── ProxyRefused
    │   ├── InsecureOrigin
    │   ├── AccessDenied
    │   ├── UnexpectedStatus
    │   ├── TooManyRedirects
    │   ├── UnusableRedirect
    │   ├── IncompleteBody
    │   ├── UndecodableContent
    │   └── RangesRefused           (callers read the whole file)
    ├── UnusableCertificates        certificates that were named cannot be read
    ├── KeyringFailed               a keyring does not work (callers go on without it)
    ├── IndexFolderMissing          a folder that was named as an index is not there, or is none
    ├── IndexPageError              an index answered with something that is no project page
    ├── ArtifactError               the bytes are not what they should be
    │   ├── DigestMismatch
    │   ├── DigestNotAllowed
    │   ├── BrokenArchive
    │   ├── InvalidWheel
    │   ├── InvalidWheelName
    │   ├── PartsDiffer
    │   ├── UnsupportedWheel
    │   └── InconsistentMetadata
    │       └── OtherProject
    ├── ResolutionError             no set of versions fits
    │   ├── NoMatchingDistribution
    │   ├── NoVersions
    │   ├── ConflictingRequirements
    │   ├── UnsupportedPython
    │   ├── UploadTimeUnknown
    │   ├── UnusableLockedArtifact
    │   └── ResolutionTooDeep
    ├── BuildError                  a source tree did not become a wheel
    │   ├── BackendFailed
    │   ├── BackendUnusable
    │   ├── ProjectFolderMissing
    │   ├── BuildRequirementsUnavailable
    │   ├── BuildRequirementsUnmet
    │   └── EditableUnsupported
    ├── RepositoryError             a repository could not be read or checked out
    │   ├── GitUnavailable
    │   ├── RepositoryUnreadable
    │   │   └── RepositoryNotStored
    │   ├── UnknownRevision
    │   └── CheckoutFailed
    ├── InTheWay                    something lies where a file or checkout belongs
    ├── TargetError                 the environment cannot be changed, or not found
    │   ├── UnusableInterpreter
    │   ├── ExternallyManaged
    │   ├── NotWritable
    │   ├── NotReadable
    │   ├── NoUserSite
    │   ├── NotVirtual              a virtual environment is required                     exit 3
    │   └── CannotUninstall
    │       ├── RecordMissing
    │       └── DistutilsInstalled
    ├── CacheDiffers                something kept is not what is made now (--cache-verify)
    ├── InvalidCacheArchive         a file is no part of a cache, or not what it says it is (`cache import`)
    └── StoreError                  the cache cannot keep something (callers go on without it)
        ├── NoSpace
        ├── ReadOnlyStore
        └── StoreUnavailable        a store elsewhere does not answer, or refuses

A class for each thing that a caller can do something about. The data lies in attributes; the text that a person
reads is made in `freewheel.cli.errors_as_text` alone. URLs in attributes never carry credentials.

Wrong usage is a UsageError where one word, option or value is wrong by itself, wherever it was given: what optparse
refuses, in pip too (exit 2). It is CommandMisused where each can be read, and the combination, the command or what
there is to act on rules it out: pip's CommandError (exit 1).
"""

from __future__ import annotations

from freewheel.errors.artifacts import (
    ArtifactError,
    BrokenArchive,
    DigestMismatch,
    DigestNotAllowed,
    InconsistentMetadata,
    InvalidWheel,
    InvalidWheelName,
    OtherProject,
    PartsDiffer,
    UnsupportedWheel,
)
from freewheel.errors.build import (
    BackendFailed,
    BackendUnusable,
    BuildError,
    BuildRequirementsUnavailable,
    BuildRequirementsUnmet,
    EditableUnsupported,
    ProjectFolderMissing,
)
from freewheel.errors.hash_checking import (
    HashesRequired,
)
from freewheel.errors.network import (
    AccessDenied,
    CertificateProblem,
    ClientCertificateRefused,
    FileGone,
    IncompleteBody,
    IndexFolderMissing,
    IndexPageError,
    InsecureOrigin,
    KeyringFailed,
    NetworkError,
    NotStored,
    ProxyRefused,
    RangesRefused,
    TooManyRedirects,
    UndecodableContent,
    UnexpectedStatus,
    Unreachable,
    UntrustedCertificate,
    UnusableCertificates,
    UnusableProxy,
    UnusableRedirect,
)
from freewheel.errors.repositories import (
    CheckoutFailed,
    GitUnavailable,
    InTheWay,
    RepositoryError,
    RepositoryNotStored,
    RepositoryUnreadable,
    UnknownRevision,
)
from freewheel.errors.requirements import (
    DependencyGroupError,
    LockFileError,
    MalformedRequirement,
    MalformedToml,
    RequirementError,
    RequirementsFileError,
    RequirementsFileLoop,
    ScriptForOtherPython,
    ScriptMetadataError,
    UnusablePath,
)
from freewheel.errors.resolution import (
    ConflictingRequirements,
    NoMatchingDistribution,
    NoVersions,
    ResolutionError,
    ResolutionTooDeep,
    UnsupportedPython,
    UnusableLockedArtifact,
    UploadTimeUnknown,
)
from freewheel.errors.root import (
    FreewheelError,
)
from freewheel.errors.store import (
    CacheDiffers,
    InvalidCacheArchive,
    NoSpace,
    ReadOnlyStore,
    StoreError,
    StoreUnavailable,
)
from freewheel.errors.target import (
    CannotUninstall,
    DistutilsInstalled,
    ExternallyManaged,
    NotReadable,
    NotVirtual,
    NotWritable,
    NoUserSite,
    RecordMissing,
    TargetError,
    UnusableInterpreter,
)
from freewheel.errors.usage import (
    CacheDisabled,
    CommandMisused,
    ConfigurationFileError,
    InvalidOptionValue,
    NobodyToAsk,
    NothingAsked,
    OptionNotSupported,
    UnknownCommand,
    UsageError,
)

__all__ = [
    "AccessDenied",
    "ArtifactError",
    "BackendFailed",
    "BackendUnusable",
    "BrokenArchive",
    "BuildError",
    "BuildRequirementsUnavailable",
    "BuildRequirementsUnmet",
    "CacheDiffers",
    "CacheDisabled",
    "CannotUninstall",
    "CertificateProblem",
    "CheckoutFailed",
    "ClientCertificateRefused",
    "CommandMisused",
    "ConfigurationFileError",
    "ConflictingRequirements",
    "DependencyGroupError",
    "DigestMismatch",
    "DigestNotAllowed",
    "DistutilsInstalled",
    "EditableUnsupported",
    "ExternallyManaged",
    "FileGone",
    "FreewheelError",
    "GitUnavailable",
    "HashesRequired",
    "InTheWay",
    "IncompleteBody",
    "InconsistentMetadata",
    "IndexFolderMissing",
    "IndexPageError",
    "InsecureOrigin",
    "InvalidCacheArchive",
    "InvalidOptionValue",
    "InvalidWheel",
    "InvalidWheelName",
    "KeyringFailed",
    "LockFileError",
    "MalformedRequirement",
    "MalformedToml",
    "NetworkError",
    "NoMatchingDistribution",
    "NoSpace",
    "NoUserSite",
    "NoVersions",
    "NobodyToAsk",
    "NotReadable",
    "NotStored",
    "NotVirtual",
    "NotWritable",
    "NothingAsked",
    "OptionNotSupported",
    "OtherProject",
    "PartsDiffer",
    "ProjectFolderMissing",
    "ProxyRefused",
    "RangesRefused",
    "ReadOnlyStore",
    "RecordMissing",
    "RepositoryError",
    "RepositoryNotStored",
    "RepositoryUnreadable",
    "RequirementError",
    "RequirementsFileError",
    "RequirementsFileLoop",
    "ResolutionError",
    "ResolutionTooDeep",
    "ScriptForOtherPython",
    "ScriptMetadataError",
    "StoreError",
    "StoreUnavailable",
    "TargetError",
    "TooManyRedirects",
    "UndecodableContent",
    "UnexpectedStatus",
    "UnknownCommand",
    "UnknownRevision",
    "Unreachable",
    "UnsupportedPython",
    "UnsupportedWheel",
    "UntrustedCertificate",
    "UnusableCertificates",
    "UnusableInterpreter",
    "UnusableLockedArtifact",
    "UnusablePath",
    "UnusableProxy",
    "UnusableRedirect",
    "UploadTimeUnknown",
    "UsageError",
]

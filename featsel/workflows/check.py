"""What does ``featsel check`` do?"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from featsel import __version__
from featsel.artifacts.atomic import write_text
from featsel.artifacts.documents import CHECK_SCHEMA, to_json
from featsel.artifacts.feature_configs import read_features
from featsel.artifacts.profiles import read_profile, write_profile
from featsel.core.errors import ConfigError
from featsel.core.feature_config import FeatureConfig
from featsel.core.profile import LogProfile
from featsel.core.profile_merging import merge_profiles
from featsel.core.table_size import table_bytes
from featsel.engines.local import Resources
from featsel.quality.comparison import Chosen, Comparison
from featsel.quality.findings import CheckReport
from featsel.quality.policy import FailOn, Policy
from featsel.quality.rules import RULES
from featsel.quality.run import run_rules, waiver_notes
from featsel.report.check import check_document_parts, check_table
from featsel.report.check_junit import junit
from featsel.report.check_markdown import check_markdown
from featsel.report.check_page import check_html
from featsel.report.check_sarif import sarif
from featsel.report.rules_file import init_rules
from featsel.report.table import to_tsv
from featsel.workflows.check_policy import check_codes, check_patterns, read_policy
from featsel.workflows.outputs import check_outputs
from featsel.workflows.profile import read_log_profile
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest

PROFILE_SUFFIX = ".json"
"""Of a reference that is a saved profile; any other is a log."""

OUTPUT_SUFFIXES = (".json", ".xml", ".sarif", ".md", ".html", ".tsv")


@dataclass(frozen=True)
class CheckOptions:
    """What is compared, by which rules, and what is written.

    Parameters
    ----------
    references : tuple of str
        Logs, or saved profiles, which are taken together; empty where there is nothing to compare with.
    rules : Path, optional
        Rules file.
    config : Path, optional
        Config file of the command, which may hold rules too.
    select, ignore : tuple of str
        Codes, or beginnings of codes, that go before those of the rules file.
    fail_on : FailOn, optional
        Which failures make the check fail; as the rules file says where absent.
    features : Path, optional
        Feature config whose fields matter most.
    outputs : tuple of Path
        Files to write, by their extensions.
    html : Path, optional
        Page to write.
    profile : Path, optional
        Where the profile of the log is kept.
    keeps_values : bool
        Whether it holds values, and not their hashes alone.
    init : Path, optional
        Rules file to write that holds on this log.
    """

    references: tuple[str, ...] = ()
    rules: Path | None = None
    config: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: FailOn | None = None
    features: Path | None = None
    outputs: tuple[Path, ...] = ()
    html: Path | None = None
    profile: Path | None = None
    keeps_values: bool = False
    init: Path | None = None


@dataclass(frozen=True)
class CheckResult:
    """What all checks say, and whether they fail.

    Parameters
    ----------
    report : CheckReport
        All findings.
    paths : tuple of str
        The log, as it was named.
    document : mapping
        That tells all of it.
    has_failed : bool
        Whether there is a failure that counts.
    """

    report: CheckReport
    paths: tuple[str, ...]
    document: Mapping[str, object]
    has_failed: bool

    def to_json(self) -> str:
        """Text of the document."""
        return to_json(self.document)


def check(
    request: LogRequest,
    options: CheckOptions,
    resources: Resources,
    reporter: Reporter,
    *,
    option_keys: Collection[str] = (),
) -> CheckResult:
    """Check a log.

    Parameters
    ----------
    request : LogRequest
        The log.
    options : CheckOptions
        What it is compared with, by which rules, and what is written.
    resources : Resources
        Threads and memory.
    reporter : Reporter
        Told of progress and of what is worth knowing.
    option_keys : collection of str
        Keys that a config file may hold beside rules.

    Returns
    -------
    CheckResult
        All findings, failures first.

    Raises
    ------
    ConfigError, DataError
        The request or the data is wrong; nothing was written.
    """
    started = time.monotonic()
    now = datetime.now(UTC)
    _check_targets(request, options)
    policy = policy_of(options, option_keys)
    chosen = _chosen(options.features)
    before, reference_mark = _reference(request, options, resources, reporter)
    read = read_log_profile(request, resources, reporter, like=before)
    today = read.profile
    names = {column.name for profile in (today, before) if profile is not None for column in profile.columns}
    check_patterns(policy, sorted(names), title=_rules_title(options))
    comparison = Comparison(
        _looked_at(today, request, chosen),
        _looked_at(before, request, chosen) if before is not None else None,
        chosen,
        now.timestamp(),
    )
    findings = run_rules(comparison, RULES, policy, today=now.date())
    report = CheckReport(
        title=_title(request.paths),
        rows=today.n_rows,
        fields=len(today.fields),
        reference=_title(options.references) if before is not None else None,
        findings=findings,
        notes=(*waiver_notes(policy, findings, today=now.date()), *_sampling(request), *_first_run(before)),
    )
    # what a rules file was just made to hold on is a good day by these rules
    has_failed = options.init is None and policy.fails(findings)
    document: dict[str, object] = {
        "schema": CHECK_SCHEMA,
        "featsel": __version__,
        "input": {
            "paths": request.paths,
            "rows": today.n_rows,
            "columns": len(today.columns),
            "fingerprint": read.fingerprint,
        },
        "options": {
            "label": today.label.name if today.label is not None else None,
            **request.as_options(),
            "reference": options.references,
            "rules": options.rules,
            "features": options.features,
            "select": policy.select,
            "ignore": policy.ignore,
            "fail_on": policy.fail_on,
        },
        "reference": None
        if before is None
        else {
            "paths": options.references,
            "rows": before.n_rows,
            "days": before.n_days,
            "fingerprint": reference_mark,
        },
        **check_document_parts(report),
        "elapsed_s": round(time.monotonic() - started, 3),
    }
    result = CheckResult(report, request.paths, document, has_failed)
    _write(result, options, policy)
    _save(today, options, read.fingerprint, reporter, request, has_failed=has_failed)
    return result


def validate(options: CheckOptions, *, option_keys: Collection[str] = ()) -> tuple[str, ...]:
    """Read rules, reference profiles and feature config, without any log.

    Parameters
    ----------
    options : CheckOptions
        What to read.
    option_keys : collection of str
        Keys that a config file may hold beside rules.

    Returns
    -------
    tuple of str
        What was read.

    Raises
    ------
    ConfigError, DataError
        Something is wrong with one of them.
    """
    policy = policy_of(options, option_keys)
    said = (
        [] if options.rules is None else [f"{options.rules}: {len(policy.waivers)} waivers, rules as written"]
    )
    columns: set[str] = set()
    for path in options.references:
        profile = read_profile(Path(path))
        columns |= {column.name for column in profile.columns}
        said.append(f"{path}: profile of {profile.n_rows:,} rows and {len(profile.fields):,} fields")
    if columns:
        check_patterns(policy, sorted(columns), title=_rules_title(options))
    if options.features is not None:
        config, _ = read_features(options.features)
        said.append(f"{options.features}: {len(config.fields):,} fields")
    return tuple(said)


def policy_of(options: CheckOptions, option_keys: Collection[str]) -> Policy:
    """Rules as the files and the options say, the options last."""
    policy = Policy()
    if options.rules is not None:
        policy = read_policy(options.rules, RULES, options=option_keys)
    elif options.config is not None:
        policy = read_policy(options.config, RULES, options=option_keys, is_config=True)
    check_codes("--select", options.select, RULES)
    check_codes("--ignore", options.ignore, RULES)
    return replace(
        policy,
        select=options.select or policy.select,
        ignore=(*policy.ignore, *options.ignore),
        fail_on=options.fail_on or policy.fail_on,
    )


def _check_targets(request: LogRequest, options: CheckOptions) -> None:
    files = (*options.outputs, options.profile, options.init)
    read = [str(path) for path in (options.rules, options.features) if path is not None]
    check_outputs(files, page=options.html, inputs=(*request.paths, *options.references, *read))
    named = Counter(path.resolve() for path in (*files, options.html) if path is not None)
    twice = [path.name for path, n_times in named.items() if n_times > 1]
    if twice:
        raise ConfigError(f"several outputs are called {twice[0]!r}", "Name each file once.")
    if options.init is not None and options.init.exists():
        raise ConfigError(
            f"--init {str(options.init)!r} exists already, and may hold what somebody decided",
            "Name another file, or delete it first.",
        )
    for path in options.outputs:
        if path.suffix.lower() not in OUTPUT_SUFFIXES:
            raise ConfigError(
                f"--output {str(path)!r} has no extension that the findings of a check can have",
                f"Use one of {', '.join(OUTPUT_SUFFIXES)}.",
            )
    if options.profile is not None and options.profile.suffix.lower() != PROFILE_SUFFIX:
        raise ConfigError(
            f"--save-profile {str(options.profile)!r} does not end in .json", "Name it something.json."
        )


def _reference(
    request: LogRequest, options: CheckOptions, resources: Resources, reporter: Reporter
) -> tuple[LogProfile | None, str | None]:
    """What the log is compared with: profiles as they are, logs after a pass over them."""
    merged: LogProfile | None = None
    mark: str | None = None
    logs = tuple(path for path in options.references if Path(path).suffix.lower() != PROFILE_SUFFIX)
    for path in options.references:
        if path not in logs:
            profile = read_profile(Path(path))
            merged = profile if merged is None else merge_profiles(merged, profile)
    if logs:
        read = read_log_profile(replace(request, paths=logs), resources, reporter, like=merged)
        mark = read.fingerprint
        # each that was named is a day of its own, as each profile is
        days = replace(read.profile, n_days=len(logs))
        merged = days if merged is None else merge_profiles(merged, days)
    return merged, mark


def _looked_at(profile: LogProfile, request: LogRequest, chosen: Chosen | None) -> LogProfile:
    """Profile without the columns that the request leaves out: their types do not matter either."""
    kept = {request.label, request.time, *(chosen.fields if chosen is not None else ())}
    kept |= {role.name for role in (profile.label, profile.time) if role is not None}
    columns = tuple(
        column
        for column in profile.columns
        if column.name in kept
        or (_matches(column.name, request.include or ("*",)) and not _matches(column.name, request.exclude))
    )
    return replace(profile, columns=columns)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _chosen(path: Path | None) -> Chosen | None:
    if path is None:
        return None
    config, _ = read_features(path)
    return Chosen(_columns_of(config), sum(field.features for field in config.fields), table_bytes(config))


def _columns_of(config: FeatureConfig) -> frozenset[str]:
    """Columns that a config reads: those of a cross are its parts."""
    names: set[str] = set()
    for field in config.fields:
        names.update(field.of_fields or (field.name,))
    return frozenset(names)


def _rules_title(options: CheckOptions) -> str:
    """What an error calls the file that the rules stand in."""
    return f"rules file {str(options.rules or options.config)!r}"


def _title(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"


def _sampling(request: LogRequest) -> tuple[str, ...]:
    said: list[str] = []
    if request.rows is not None:
        said.append(f"Only the first {request.rows:,} rows were looked at (--rows).")
    if request.sample is not None:
        said.append(f"A sample of {request.sample:,} rows was looked at (--sample).")
    return tuple(said)


def _first_run(before: LogProfile | None) -> tuple[str, ...]:
    if before is not None:
        return ()
    return (
        "There was no reference: keep a good day with --save-profile good-day.json, and compare later ones "
        "with --reference good-day.json.",
    )


def _write(result: CheckResult, options: CheckOptions, policy: Policy) -> None:
    paths = (*options.outputs, *((options.html,) if options.html is not None else ()))
    texts = [(path, _rendered(path.suffix.lower(), result, policy)) for path in paths]
    if options.init is not None:
        texts.append((options.init, init_rules(result.report.findings, RULES, title=result.report.title)))
    for path, text in texts:
        write_text(path, text)


def _rendered(suffix: str, result: CheckResult, policy: Policy) -> str:
    report = result.report
    match suffix:
        case ".json":
            return result.to_json()
        case ".xml":
            return junit(report, fail_on=policy.fail_on)
        case ".sarif":
            return sarif(report, RULES, paths=result.paths)
        case ".md":
            return check_markdown(report)
        case ".tsv":
            return to_tsv(check_table(report))
        case _:
            return check_html(result.document)


def _save(
    today: LogProfile,
    options: CheckOptions,
    mark: str,
    reporter: Reporter,
    request: LogRequest,
    *,
    has_failed: bool,
) -> None:
    if options.profile is None:
        return
    if has_failed:
        reporter.warn(
            f"the check failed, so {str(options.profile)!r} was not written: a bad day is no reference "
            "(--fail-on never writes it all the same)"
        )
        return
    source = {"paths": request.paths, "fingerprint": mark, "featsel": __version__}
    write_profile(options.profile, today, source=source, keeps_values=options.keeps_values)


def wants_github() -> bool:
    """Whether a GitHub workflow runs the command and nobody turned annotations off."""
    return os.environ.get("GITHUB_ACTIONS") == "true" and os.environ.get("FEATSEL_CI") != "0"


def append_step_summary(report: CheckReport) -> None:
    """Add the findings to the summary that GitHub shows of a job, where it asks for one."""
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if not target:
        return
    try:
        with Path(target).open("a", encoding="utf-8") as stream:
            stream.write(check_markdown(report) + "\n")
    except OSError as error:
        raise ConfigError(
            f"GITHUB_STEP_SUMMARY names {target!r}, which cannot be written: {error.strerror}",
            "Turn it off with --no-ci.",
        ) from error

# ruff: noqa: ARG001, ARG005 - every damage takes a frame, the roles of its columns and chance
"""How much of the damage that happens to logs does `featsel check` find, and how often does it cry wolf?

    python benchmarks/check_damage.py --data kuairand_pure_92k.parquet --time ts --exclude 'post_*' --exclude
    'stat_*' python benchmarks/check_damage.py --synth 100000

A log is split at random into a good day and another day. The other day is damaged in thirty ways, mildly and
grossly, and checked against the good day's profile. A damage counts as found where a warning or an error
names the damaged field, or the log as a whole where no single field was damaged. False alarms are errors on
other days that are not damaged: other random splits.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

Frame = pl.DataFrame


@dataclass(frozen=True)
class Roles:
    """Columns that damages are done to."""

    label: str
    time: str | None
    text: str  # text of few values
    category: str  # whole numbers that name something
    wide: str  # a category of many values
    number: str  # a quantity


@dataclass(frozen=True)
class Damage:
    """What is done, how much of it, and which names would be right."""

    name: str
    mild: Callable[[Frame, Roles, np.random.Generator], Frame]
    gross: Callable[[Frame, Roles, np.random.Generator], Frame]
    fields: Callable[[Roles], set[str] | None]  # None where the log as a whole is damaged
    codes: tuple[str, ...] = ()  # where the log as a whole is: what may say so


def some(frame: Frame, share: float, rng: np.random.Generator) -> pl.Series:
    """A random share of the rows."""
    return pl.Series(rng.random(frame.height) < share)


def edit(frame: Frame, name: str, is_hit: pl.Series, value: pl.Expr) -> Frame:
    """Replace the values of some rows."""
    return frame.with_columns(
        pl.when(is_hit).then(value).otherwise(pl.col(name)).cast(frame[name].dtype, strict=False).alias(name)
    )


def nulls(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Lose values."""
    return lambda frame, roles, rng: edit(frame, roles.category, some(frame, share, rng), pl.lit(None))


def swapped(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Exchange two columns in some rows."""

    def damage(frame: Frame, roles: Roles, rng: np.random.Generator) -> Frame:
        hit = some(frame, share, rng)
        a, b = roles.category, roles.wide
        return frame.with_columns(
            pl.when(hit).then(pl.col(b)).otherwise(pl.col(a)).alias(a),
            pl.when(hit).then(pl.col(a)).otherwise(pl.col(b)).alias(b),
        )

    return damage


def on(
    column: str, share: float, value: Callable[[pl.Expr], pl.Expr]
) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Change some rows of a column."""

    def damage(frame: Frame, roles: Roles, rng: np.random.Generator) -> Frame:
        name = getattr(roles, column)
        return edit(frame, name, some(frame, share, rng), value(pl.col(name)))

    return damage


def new_values(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Values that were never seen."""
    return lambda frame, roles, rng: edit(
        frame,
        roles.text,
        some(frame, share, rng),
        pl.lit("brand new ") + pl.int_range(pl.len()).mod(7).cast(pl.String),
    )


def truncated(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """All values but the most frequent ones become one."""

    def damage(frame: Frame, roles: Roles, rng: np.random.Generator) -> Frame:
        name = roles.wide
        counts = frame[name].drop_nulls().value_counts(sort=True)
        kept = counts[name].head(max(1, int(counts.height * (1 - share))))
        return frame.with_columns(
            pl.when(pl.col(name).is_in(kept.implode())).then(pl.col(name)).otherwise(kept[0]).alias(name)
        )

    return damage


def rehashed(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Another hash of the same values."""
    return lambda frame, roles, rng: edit(
        frame,
        roles.wide,
        some(frame, share, rng),
        (pl.col(roles.wide).hash(7) % 2**31).cast(frame[roles.wide].dtype)
        if frame[roles.wide].dtype != pl.String
        else pl.col(roles.wide).hash(7).cast(pl.String),
    )


def repeated(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Rows twice."""
    return lambda frame, roles, rng: pl.concat([frame, frame.filter(some(frame, share, rng))])


def fewer(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Rows lost."""
    return lambda frame, roles, rng: frame.filter(~some(frame, share, rng))


def flipped(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Labels turned round."""
    return lambda frame, roles, rng: edit(
        frame, roles.label, some(frame, share, rng), 1 - pl.col(roles.label).cast(pl.Int64)
    )


def rate(factor: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Clicks lost."""
    return lambda frame, roles, rng: edit(
        frame, roles.label, some(frame, 1 - factor, rng) & (frame[roles.label] == 1), pl.lit(0)
    )


def leak(noise: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """A number becomes the label, with some noise."""

    def damage(frame: Frame, roles: Roles, rng: np.random.Generator) -> Frame:
        label = frame[roles.label].to_numpy().astype(np.int64)
        wrong = rng.random(frame.height) < noise
        return frame.with_columns(
            pl.Series(roles.category, np.where(wrong, 1 - label, label)).cast(frame[roles.category].dtype)
        )

    return damage


def future(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Times that are yet to come."""

    def damage(frame: Frame, roles: Roles, rng: np.random.Generator) -> Frame:
        assert roles.time is not None
        name = roles.time
        ahead = (
            pl.col(name) + pl.duration(days=36_500) if frame[name].dtype.is_temporal() else pl.col(name) * 3
        )
        return edit(frame, name, some(frame, share, rng), ahead)

    return damage


def shuffled_times(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Rows in another order."""

    def damage(frame: Frame, roles: Roles, rng: np.random.Generator) -> Frame:
        order = np.arange(frame.height)
        hit = np.flatnonzero(rng.random(frame.height) < share)
        order[hit] = rng.permutation(hit)
        return frame[order]

    return damage


def missing_hours(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """A stretch of the day that was not written."""

    def damage(frame: Frame, roles: Roles, rng: np.random.Generator) -> Frame:
        assert roles.time is not None
        start = int(frame.height * 0.4)
        ordered = frame.sort(roles.time)
        return pl.concat([ordered[:start], ordered[start + int(frame.height * share) :]])

    return damage


def exploded(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """An id in the place of a value."""
    return lambda frame, roles, rng: edit(
        frame.with_columns(pl.col(roles.category).cast(pl.Int64)),
        roles.category,
        some(frame, share, rng),
        pl.int_range(pl.len()) + 10**6,
    )


def holding(number: str, share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """NaN or an infinity among the numbers."""

    def damage(frame: Frame, roles: Roles, rng: np.random.Generator) -> Frame:
        frame = frame.with_columns(pl.col(roles.number).cast(pl.Float64))
        return edit(frame, roles.number, some(frame, share, rng), pl.lit(float(number)))

    return damage


def constant(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """One value everywhere."""
    return lambda frame, roles, rng: edit(
        frame, roles.category, some(frame, share, rng), pl.lit(frame[roles.category].mode()[0])
    )


def sorted_by_label(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Rows in the order of their labels."""

    def damage(frame: Frame, roles: Roles, rng: np.random.Generator) -> Frame:
        n = int(frame.height * share)
        return pl.concat([frame[:n].sort(roles.label), frame[n:]])

    return damage


def vanished(keep: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """A frequent value stops being logged: its rows are lost."""

    def damage(frame: Frame, roles: Roles, rng: np.random.Generator) -> Frame:
        top = frame[roles.text].mode()[0]
        counts = frame[roles.text].drop_nulls().value_counts(sort=True)
        second = counts[roles.text][1] if counts.height > 1 else top
        return frame.filter((pl.col(roles.text) != second) | ~some(frame, 1 - keep, rng))

    return damage


def joined_wrongly(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """A column whose rows are those of other rows."""

    def damage(frame: Frame, roles: Roles, rng: np.random.Generator) -> Frame:
        values = frame[roles.wide].to_list()
        hit = np.flatnonzero(rng.random(frame.height) < share)
        moved = rng.permutation(hit)
        column = frame[roles.wide].clone()
        taken = column.gather(moved)
        del values
        return frame.with_columns(column.scatter(hit, taken).alias(roles.wide))

    return damage


def unlabelled(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Labels lost."""
    return lambda frame, roles, rng: edit(frame, roles.label, some(frame, share, rng), pl.lit(None))


def foreign(share: float) -> Callable[[Frame, Roles, np.random.Generator], Frame]:
    """Labels of another kind."""
    return lambda frame, roles, rng: edit(frame, roles.label, some(frame, share, rng), pl.lit(2))


def one(name: str) -> Callable[[Roles], set[str] | None]:
    """The one field that is damaged."""
    return lambda roles: {getattr(roles, name)}


WHOLE: Callable[[Roles], set[str] | None] = lambda roles: None  # noqa: E731
DAMAGES = (
    Damage("nulls in a column", nulls(0.01), nulls(0.3), one("category")),
    Damage("swapped column pair", swapped(0.1), swapped(1), lambda r: {r.category, r.wide}),
    Damage(
        "type change",
        lambda f, r, g: f.with_columns(pl.col(r.category).cast(pl.Float64)),
        lambda f, r, g: f.with_columns(pl.col(r.category).cast(pl.String)),
        one("category"),
    ),
    Damage(
        "unit change",
        on("number", 0.05, lambda c: c * 1000),
        on("number", 1, lambda c: c * 1000),
        one("number"),
    ),
    Damage(
        "shifted numbers",
        on("number", 1, lambda c: c * 1.25),
        on("number", 1, lambda c: c * 3),
        one("number"),
    ),
    Damage("truncated vocabulary", truncated(0.5), truncated(0.98), one("wide")),
    Damage("new values", new_values(0.03), new_values(0.4), one("text")),
    Damage("hashed differently", rehashed(0.1), rehashed(1), one("wide")),
    Damage("duplicated rows", repeated(0.02), repeated(1), WHOLE, ("FS201", "FS006")),
    Damage("rows missing", fewer(0.55), fewer(0.95), WHOLE, ("FS006", "FS005")),
    Damage("label turned round", flipped(0.2), flipped(1), WHOLE, ("FS404", "FS503", "FS501")),
    Damage("click rate shifted", rate(0.85), rate(0.5), WHOLE, ("FS404",)),
    Damage("leak inserted", leak(0.04), leak(0), one("category")),
    Damage("future times", future(0.001), future(0.2), one("time")),
    Damage("rows reordered", shuffled_times(0.2), shuffled_times(1), one("time")),
    Damage("hours missing", missing_hours(0.05), missing_hours(0.3), one("time")),
    Damage("constant column", constant(0.9), constant(1), one("category")),
    Damage(
        "blanks around values",
        on("text", 0.0005, lambda c: c + " "),
        on("text", 0.3, lambda c: c + " "),
        one("text"),
    ),
    Damage(
        "case changed",
        on("text", 0.01, lambda c: c.str.to_uppercase()),
        on("text", 1, lambda c: c.str.to_uppercase()),
        one("text"),
    ),
    Damage("NaN in a number", holding("nan", 0.001), holding("nan", 0.3), one("number")),
    Damage("infinities", holding("inf", 0.0005), holding("inf", 0.2), one("number")),
    Damage("cardinality explosion", exploded(0.03), exploded(0.9), one("category")),
    Damage(
        "column dropped",
        lambda f, r, g: f.drop(r.number),
        lambda f, r, g: f.drop(r.number, r.text, r.category),
        lambda r: {r.number},
    ),
    Damage(
        "column added",
        lambda f, r, g: f.with_columns(extra=pl.lit(1)),
        lambda f, r, g: f.with_columns(extra=pl.int_range(pl.len())),
        lambda r: {"extra"},
    ),
    Damage(
        "column renamed",
        lambda f, r, g: f.rename({r.text: r.text + "_v2"}),
        lambda f, r, g: f.rename({r.text: r.text + "_v2", r.number: r.number + "_v2"}),
        one("text"),
    ),
    Damage(
        "mixed encodings",
        on("text", 0.0005, lambda c: c + "caf\u00c3\u00a9"),
        on("text", 0.2, lambda c: c + "caf\ufffd"),
        one("text"),
    ),
    Damage(
        "words for null",
        on("text", 0.01, lambda c: pl.lit("null")),
        on("text", 0.3, lambda c: pl.lit("NULL")),
        one("text"),
    ),
    Damage("sorted by label", sorted_by_label(0.95), sorted_by_label(1), WHOLE, ("FS306", "FS406")),
    Damage("frequent value vanished", vanished(0.04), vanished(0), one("text")),
    Damage("joined to the wrong rows", joined_wrongly(0.6), joined_wrongly(1), one("wide")),
    Damage("labels missing", unlabelled(0.001), unlabelled(0.3), one("label")),
    Damage("third label", foreign(0.001), foreign(0.3), one("label")),
    Damage("test rows in train", lambda f, r, g: f, lambda f, r, g: f, WHOLE, ("FS202",)),
)
"""Of the last, the rows come from the good day; see :func:`damaged`."""


def damaged(
    damage: Damage, *, is_gross: bool, good: Frame, other: Frame, roles: Roles, rng: np.random.Generator
) -> Frame:
    """The other day after the damage."""
    if damage.name == "test rows in train":
        n = int(other.height * (0.7 if is_gross else 0.1))
        mixed = pl.concat([good.sample(n, seed=1), other[n:]])
        return mixed.sort(roles.time) if roles.time else mixed
    return (damage.gross if is_gross else damage.mild)(other, roles, rng)


def choose_roles(frame: Frame, *, label: str, time: str | None) -> Roles:
    """Columns that suit each damage."""
    names = [name for name in frame.columns if name not in {label, time}]
    n_values = {name: frame[name].n_unique() for name in names if not frame[name].dtype.is_nested()}
    texts = [
        n
        for n in n_values
        if frame[n].dtype == pl.String
        and 3 <= n_values[n] <= 2000
        and frame[n].drop_nulls().str.contains("[a-z]").mean() > 0.9  # type: ignore[operator]  # a share
    ]
    integers = [n for n in n_values if frame[n].dtype.is_integer() and 8 <= n_values[n] <= 60]
    wide = [n for n in n_values if frame[n].dtype.is_integer() and n_values[n] > 1000]
    numbers = [n for n in n_values if frame[n].dtype.is_float() and n_values[n] > 100] or [
        n for n in n_values if frame[n].dtype.is_numeric() and n_values[n] > 100 and n not in wide[:3]
    ]
    return Roles(label, time, max(texts, key=n_values.__getitem__), integers[0], wide[0], numbers[-1])


def run_check(path: Path, profile: Path, extra: list[str], output: Path) -> list[dict[str, object]]:
    """Failures that count, as the JSON document has them."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "featsel",
            "check",
            str(path),
            "--reference",
            str(profile),
            "-o",
            str(output),
            "-q",
            *extra,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 1}:
        raise RuntimeError(done.stderr)
    document = json.loads(output.read_text())
    return [each for each in document["checks"] if each["status"] == "fail" and each["severity"] != "info"]


def is_found(
    damage: Damage, failures: list[dict[str, object]], clean: set[tuple[object, object]], roles: Roles
) -> bool:
    """Whether a failure that an undamaged day does not have names the damage."""
    new = [each for each in failures if (each["code"], each["field"]) not in clean]
    fields = damage.fields(roles)
    if fields is None:
        return any(each["code"] in damage.codes for each in new)
    return any(each["field"] in fields for each in new)


def days(frame: Frame, seeds: range, time: str | None) -> Iterator[tuple[Frame, Frame]]:
    """Random halves, in the order of their times."""
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(frame.height)
        halves = [frame[np.sort(part)] for part in np.array_split(order, 2)]
        yield tuple(half.sort(time) if time else half for half in halves)  # type: ignore[misc]


@dataclass(frozen=True)
class Bench:
    """A log that is split into days, and where they are written."""

    frame: Frame
    roles: Roles
    options: list[str]
    folder: Path

    def check(self, day: Frame, reference: Path) -> list[dict[str, object]]:
        """Failures of a day."""
        day.write_parquet(self.folder / "day.parquet")
        return run_check(self.folder / "day.parquet", reference, self.options, self.folder / "result.json")

    def profile(self, day: Frame) -> Path:
        """Profile of a good day."""
        path, profile = self.folder / "good.parquet", self.folder / "good.json"
        day.write_parquet(path)
        keep = ["--save-profile", str(profile), "--fail-on", "never", "-q", *self.options]
        subprocess.run(
            [sys.executable, "-m", "featsel", "check", str(path), *keep], check=True, capture_output=True
        )
        return profile


def find_damage(bench: Bench, only: str) -> None:
    """Print what is found of each damage."""
    good, other = next(days(bench.frame, range(1), bench.roles.time))
    profile = bench.profile(good)
    print("profile bytes", profile.stat().st_size, file=sys.stderr)
    clean = {(each["code"], each["field"]) for each in bench.check(other, profile)}
    found = {"mild": 0, "gross": 0}
    asked = [each for each in DAMAGES if only in each.name and each.fields(bench.roles) != {None}]
    print("damage\tmild\tgross")
    for damage in asked:
        fields = damage.fields(bench.roles)
        cells: list[str] = []
        for level in found:
            is_gross, rng = level == "gross", np.random.default_rng(7)
            day = damaged(damage, is_gross=is_gross, good=good, other=other, roles=bench.roles, rng=rng)
            failures = bench.check(day, profile)
            told = {
                f"{each['code']}{'!' if each['severity'] == 'error' else ''}"
                for each in failures
                if (each["field"] in fields if fields else each["code"] in damage.codes)
            }
            hit = is_found(damage, failures, clean, bench.roles)
            found[level] += hit
            cells.append(f"found {' '.join(sorted(told))}" if hit else "missed")
        print(damage.name, *cells, sep="\t", flush=True)
    print(f"found\t{found['mild']}/{len(asked)}\t{found['gross']}/{len(asked)}", flush=True)


def count_alarms(bench: Bench, n_days: int) -> None:
    """Print how many days that are not damaged raise an alarm."""
    n_alarmed, n_errors, n_warnings = 0, 0, 0
    for good, other in days(bench.frame, range(100, 100 + n_days), bench.roles.time):
        failures = bench.check(other, bench.profile(good))
        errors = [each for each in failures if each["severity"] == "error"]
        n_errors += len(errors)
        n_warnings += len(failures) - len(errors)
        n_alarmed += bool(errors)
        for each in failures:
            print("alarm", each["severity"], each["code"], each["field"], each["message"], file=sys.stderr)
    print(f"undamaged days\t{n_days}\twith an error {n_alarmed}, errors {n_errors}, warnings {n_warnings}")


def main() -> None:
    """Run all damages and count."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--synth", type=int, metavar="ROWS")
    parser.add_argument("--label", default="label")
    parser.add_argument("--time")
    parser.add_argument("--exclude", action="append", default=[])
    parser.add_argument("--days", type=int, default=50)
    parser.add_argument("--only", default="", help="damages whose name holds this")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.synth:
            arguments.data, arguments.time = Path(folder) / "synth.parquet", "day"
            synth = ["synth", str(arguments.data), "--rows", str(arguments.synth), "-q"]
            subprocess.run([sys.executable, "-m", "featsel", *synth], check=True)
        frame = pl.read_parquet(arguments.data)
        for pattern in arguments.exclude:
            frame = frame.select(pl.exclude("^" + pattern.replace("*", ".*") + "$"))
        options = ["--label", arguments.label, *(["--time", arguments.time] if arguments.time else [])]
        roles = choose_roles(frame, label=arguments.label, time=arguments.time)
        print(roles, file=sys.stderr)
        bench = Bench(frame, roles, options, Path(folder))
        find_damage(bench, arguments.only)
        if not arguments.only:
            count_alarms(bench, arguments.days)


if __name__ == "__main__":
    main()

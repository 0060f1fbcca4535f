# %% [markdown]
# # Which columns of a log are worth a model?
#
# A script of cells for VS Code, PyCharm, Spyder or `jupytext --to notebook`; as a program it runs too.
# It reads `log.csv` of the working folder: a log of yours, or what `featsel synth log.csv --leak` makes.

# %%
from pathlib import Path

import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import featsel
from featsel.sklearn import InformationSelector

LOG = Path("log.csv")
LABEL, DAY = "label", "day"

log = pl.read_csv(LOG)
log.head()

# %% [markdown]
# ## The ranking
#
# A row for each field, best first. `usable_information` is the log loss in nats a row that the field's own
# click rates gain on rows which they have not seen; `forward_information` is what of that lasts.

# %%
ranking = featsel.rank(log, LABEL, time=DAY)
print(
    ranking.select(
        "rank", "name", "cardinality", "usable_information", "forward_information", "verdict"
    ).head(12)
)

# %%
for verdict, fields in ranking.group_by("verdict", maintain_order=True):
    print(*verdict, fields.height, ", ".join(fields["name"]))

# %% [markdown]
# ## Columns to ask about before any model is trained
#
# A leak was written after the click, and an identifier tells rows apart, nothing else.

# %%
for row in ranking.filter(pl.col("verdict").is_in(["leak", "identifier"])).iter_rows(named=True):
    print(f"{row['name']}: {row['reason']}")

# %% [markdown]
# ## Within a pipeline
#
# Ranked on the days that the model learns from, and judged on the last day: columns that were chosen with the
# rows of the test look better on them than they are.

# %%
last = log[DAY].max()
train, test = log.filter(pl.col(DAY) < last), log.filter(pl.col(DAY) == last)


def auc(*steps: object) -> float:
    """AUC on the last day of a logistic regression behind some steps."""
    encoder = OneHotEncoder(min_frequency=20, handle_unknown="infrequent_if_exist")
    model = make_pipeline(*steps, encoder, LogisticRegression(C=0.1, max_iter=500))
    leaks = ranking.filter(verdict="leak")["name"].to_list()
    fields = [name for name in log.columns if name not in (LABEL, DAY, *leaks)]
    model.fit(train.select(fields), train[LABEL])
    return float(roc_auc_score(test[LABEL], model.predict_proba(test.select(fields))[:, 1]))


print(f"all columns {auc():.3f}, the informative ones {auc(InformationSelector()):.3f}")

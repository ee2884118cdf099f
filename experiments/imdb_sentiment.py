"""Film reviews: the published network, our recipe, and each change between them.

Two runs at a time go side by side, each in a process of its own with one thread, which on two cores
is as fast as one after the other with two: three seeds, an hour or more. Their times are processor
seconds: other programs disturb them least.

All choices (learning rate, dropout, length, epochs) were made on validation reviews, with other
seeds. The test set measures, and decides nothing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import statistics
import time

from seqlearn import datasets

SEEDS = (101, 102, 103)
AT_ONCE = 2
WORDS, UNITS, EMBEDDING = 20_000, 64, 64
PEAK = 4e-3


@dataclasses.dataclass(frozen=True)
class Recipe:
    """One way to build and train a model; most differ from the one before in one thing.

    ``together`` adds the logit of a linear model on words and pairs to the network's, after both
    are trained.
    """

    label: str
    length: int = 200
    truncating: str = "before"
    batch_size: int = 64
    epochs: int = 1
    schedule: bool = False
    published: bool = False
    pooled: bool = False
    dropout: bool = False
    vectors: bool = False
    pairs: bool = False
    pool: str = "mean"
    together: bool = False
    checks_per_epoch: int = 1


WHOLE = {"pooled": True, "schedule": True, "dropout": True, "length": 600}
RECIPES = {
    "published": Recipe(
        "two BiLSTM(64)", batch_size=32, epochs=2, published=True, checks_per_epoch=2
    ),
    "one_layer": Recipe("one BiLSTM(64), masked"),
    "pooled": Recipe("mean over all steps", pooled=True),
    "schedule": Recipe("warm-up and cosine", pooled=True, schedule=True),
    "dropout": Recipe("dropout", pooled=True, schedule=True, dropout=True),
    "first": Recipe(
        "first 200 words", pooled=True, schedule=True, dropout=True, truncating="after"
    ),
    "whole": Recipe("up to 600 words", **WHOLE),
    "vectors": Recipe("word vectors", **WHOLE, vectors=True),
    "pairs": Recipe("word pairs", **WHOLE, vectors=True, pairs=True, checks_per_epoch=4),
    "longer": Recipe(
        "largest values, three epochs",
        **WHOLE,
        vectors=True,
        pairs=True,
        pool="mean and max",
        epochs=3,
        together=True,
    ),
}


def run(recipe: Recipe, seed: int, data) -> dict:
    """Train once; measure accuracy on validation and test, parameters and seconds."""
    import keras
    import numpy as np
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    from seqlearn import models, training, vectors

    keras.utils.set_random_seed(seed)
    began = time.process_time()
    matrix = None
    if recipe.vectors:
        counts = vectors.word_counts(data.x_train, data.vocabulary_size)
        ratios_of_words = vectors.log_ratios(counts, data.y_train)
        of_texts = vectors.word_vectors(counts, EMBEDDING, seed=seed)
        matrix = np.column_stack([of_texts, ratios_of_words])
    if recipe.pairs:
        options = {"sequences": data.x_train, "y": data.y_train, "vocabulary_size": WORDS}
        known = vectors.PairRatios.fit(**options)
        ratios = vectors.out_of_fold_ratios(**options, seed=seed)
        x_train = vectors.beside(data.x_train, ratios)
        x_val, x_test = (vectors.beside(x, known.of_all(x)) for x in (data.x_val, data.x_test))
    else:
        x_train, x_val, x_test = data.x_train, data.x_val, data.x_test
    feature_seconds = time.process_time() - began

    if recipe.published:
        model = models.build_two_bilstm(WORDS, 128, UNITS)
    elif recipe.pooled:
        shares = {"spatial_dropout": 0.3, "dropout": 0.5} if recipe.dropout else {}
        model = models.build_pooling_reader(
            WORDS,
            "LSTM",
            UNITS,
            EMBEDDING,
            vectors=matrix,
            pairs=recipe.pairs,
            pool=recipe.pool,
            **shares,
        )
    else:
        model = models.build_sentiment_classifier(WORDS, "LSTM", UNITS, EMBEDDING, True)

    sides = {"padding": "before", "truncating": recipe.truncating}
    if recipe.published:  # always 200 steps: there is no mask, so the padding counts

        def predict(sequences):
            padded = training.pad(sequences, recipe.length, **sides)
            return model.predict(padded, batch_size=256, verbose=0)[:, 0]
    else:

        def predict(sequences):
            answers = training.predict_sequences(model, sequences, length=recipe.length, **sides)
            return answers[:, 0]

    def measure(sequences, y):
        return round(float(np.mean((predict(sequences) > 0.5) == y)), 5)

    if recipe.published:
        x = training.pad(x_train, recipe.length, **sides)
        examples, options = (x, data.y_train[:, None]), {"batch_size": recipe.batch_size}
        updates = -(-len(x) // recipe.batch_size)
    else:
        batches = training.BucketedBatches(
            x_train, data.y_train[:, None], recipe.batch_size, length=recipe.length,
            seed=seed, **sides,
        )  # fmt: skip
        examples, options, updates = (batches,), {}, len(batches)
    rate = training.warmup_cosine(PEAK, updates * recipe.epochs) if recipe.schedule else 1e-3
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")

    class Clock(keras.callbacks.Callback):
        """Processor seconds and accuracies on the way; the clock stands still meanwhile."""

        def on_train_begin(self, logs=None):
            self.curve, self.updates, self.paused = [], 0, 0.0
            self.began, self.wall, self.idle = time.process_time(), time.perf_counter(), 0.0
            self.every = max(updates // recipe.checks_per_epoch, 1)

        def on_train_batch_end(self, batch, logs=None):
            self.updates += 1
            epoch, within = divmod(self.updates, updates)
            part = within // self.every if within else recipe.checks_per_epoch
            last = epoch == recipe.epochs and not within
            due = within % self.every == 0 and part < recipe.checks_per_epoch
            if last or (recipe.checks_per_epoch > 1 and (due or not within)):
                self.seconds = time.process_time() - self.began - self.paused
                self.wall_seconds = time.perf_counter() - self.wall - self.idle
                began, wall = time.process_time(), time.perf_counter()
                self.curve.append(
                    [
                        round(self.seconds, 1),
                        measure(x_test, data.y_test),
                        measure(x_val, data.y_val),
                    ]
                )
                self.paused += time.process_time() - began
                self.idle += time.perf_counter() - wall

    clock = Clock()
    model.fit(*examples, epochs=recipe.epochs, verbose=0, callbacks=[clock], **options)
    together = {}
    if recipe.together:
        began = time.process_time()
        bags = [vectors.word_counts(x, WORDS) > 0 for x in (data.x_train, data.x_val, data.x_test)]
        reviews = (data.x_train, data.x_val, data.x_test)
        learn, val, test = (
            sparse.hstack([bag.multiply(ratios_of_words), known.weigh(x)]).tocsr()
            for bag, x in zip(bags, reviews, strict=True)
        )
        linear = LogisticRegression(C=0.1, max_iter=200).fit(learn, data.y_train)
        together["linear_seconds"] = round(time.process_time() - began, 1)
        for part, x, bag, y in (
            ("validation", x_val, val, data.y_val), ("test", x_test, test, data.y_test),
        ):  # fmt: skip
            probs = np.clip(predict(x), 1e-6, 1 - 1e-6)
            logits = np.log(probs / (1 - probs)), linear.decision_function(bag)
            together[f"linear_{part}"] = round(float(np.mean((logits[1] > 0) == y)), 5)
            together[f"together_{part}"] = round(float(np.mean((sum(logits) > 0) == y)), 5)
    return {
        **together,
        "parameters": model.count_params(),
        "seconds": round(clock.seconds + feature_seconds, 1),
        "feature_seconds": round(feature_seconds, 1),
        "wall_seconds": round(clock.wall_seconds, 1),
        "test": clock.curve[-1][1],
        "validation": clock.curve[-1][2],
        "curve": clock.curve,  # seconds, test accuracy, validation accuracy
    }


KEYS = [f"{name}/{seed}" for seed in SEEDS for name in RECIPES]


def part(key: str) -> dict:
    """Train one recipe from one seed."""
    name, seed = key.split("/")
    data = datasets.load_imdb("full", num_words=WORDS)
    split = hashlib.sha256(data.y_train.tobytes()).hexdigest()
    return {"split": split, **run(RECIPES[name], int(seed), data)}


def figures(done: dict) -> dict:
    """Put the runs of each recipe together."""
    (split,) = {result.pop("split") for result in done.values()}
    recipes = {
        name: {
            **dataclasses.asdict(recipe),
            "runs": [done[f"{name}/{seed}"] for seed in SEEDS],
        }
        for name, recipe in RECIPES.items()
    }
    return {"split": split, "at_once": AT_ONCE, "recipes": recipes}


def report(figures: dict) -> None:
    """Print the record as a table, and the comparison that it was made for."""
    recipes = figures["recipes"]

    def middle(name: str, key: str) -> float:
        return statistics.median(run[key] for run in recipes[name]["runs"])

    print(f"{'recipe':28s} {'parameters':>10s} {'seconds':>8s} {'val':>7s} {'test':>7s}")
    for name, recipe in recipes.items():
        print(
            f"{recipe['label']:28s} {middle(name, 'parameters'):10,.0f} "
            f"{middle(name, 'seconds'):8.1f} {middle(name, 'validation'):7.2%} "
            f"{middle(name, 'test'):7.2%}"
        )
    ratios = []
    for slow, fast in zip(recipes["published"]["runs"], recipes["pairs"]["runs"], strict=True):
        needed, best, _ = max(slow["curve"], key=lambda point: (point[1], -point[0]))
        reached = next(point[0] for point in fast["curve"] if point[1] >= best)
        took = reached + fast["feature_seconds"]
        ratios.append(needed / took)
        print(f"published: best {best:.2%} after {needed:.0f} s; ours gets there in {took:.0f} s")
    print(f"ratio of times, median: {statistics.median(ratios):.1f}")

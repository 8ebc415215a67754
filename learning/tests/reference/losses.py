#!/usr/bin/env python3
"""What the losses of `learning` must give, written down a second time: loops over people, no batches, no padding.

    python3 learning/tests/reference/losses.py > learning/tests/reference/losses.json

needs NumPy and SciPy. `learning/tests/losses_reference.rs` compares. The formulas are those of Gan et al. (ACM MM 2021)
and Feng et al. (MvMHAT++, 2024) as the files in `learning/src/losses` tell them.
"""

import json

import numpy as np
from scipy.optimize import linear_sum_assignment


def softmax(row):
    e = np.exp(row - row.max())
    return e / e.sum()


def tau(n, delta, epsilon):
    return np.log(delta / (1 - delta) * n) / epsilon


def soft(S, t):
    """Row-wise softmax; n is the number of columns."""
    return np.array([softmax(tau(S.shape[1], *t) * row) for row in S])


def deviation(S, t, margin, unmatched, m2=0.4, w=0.5):
    """Both directions of the margin loss of a cycle, for one matrix of similarity."""
    C = soft(S, t) @ soft(S.T, t)
    n = len(C)
    total = 0.0
    for r in range(n):
        others = [c for c in range(n) if c != r]
        if not others:
            continue
        for line in (C[r, others], C[others, r]):
            if unmatched[r]:
                total += w * max(0.0, C[r, r] - line.max() - m2)
                total += w * max(0.0, line.min() - C[r, r] - m2)
            else:
                total += max(0.0, line.max() + margin - C[r, r])
    return total / (2 * n)


def oriented_pairs(F):
    for i in range(len(F)):
        for j in range(i + 1, len(F)):
            if len(F[i]) and len(F[j]):
                yield (i, j) if len(F[i]) >= len(F[j]) else (j, i)


def mean(values):
    return float(np.mean(values)) if values else 0.0


def without_match(F, i, j, t, threshold=0.5):
    return soft(F[i] @ F[j].T, t).max(axis=1) < threshold


def symmetric(F, t, margin=0.5, unmatched=False):
    def one(i, j):
        none = without_match(F, i, j, t) if unmatched else np.zeros(len(F[i]), bool)
        return deviation(F[i] @ F[j].T, t, margin, none)

    return mean([one(i, j) for i, j in oriented_pairs(F)])


def transitive(F, t, margin=0.5, unmatched=False):
    values = []
    for i, j in oriented_pairs(F):
        for k in range(len(F)):
            if k in (i, j) or not len(F[k]):
                continue
            none = np.zeros(len(F[i]), bool)
            if unmatched:
                none = without_match(F, i, k, t) | without_match(F, i, j, t)
            S = (F[i] @ F[k].T) @ (F[k] @ F[j].T)
            values.append(deviation(S, t, margin, none))
    return mean(values)


def blocks(F):
    """(rows, columns, i, j) of each block with boxes."""
    ends = np.cumsum([0] + [len(f) for f in F])
    for i in range(len(F)):
        for j in range(len(F)):
            if len(F[i]) and len(F[j]):
                yield slice(ends[i], ends[i + 1]), slice(ends[j], ends[j + 1]), i, j


def soft_assignments(F, t):
    N = sum(len(f) for f in F)
    X = np.zeros((N, N))
    for rows, columns, i, j in blocks(F):
        X[rows, columns] = soft(F[i] @ F[j].T, t)
    return X


def pseudo_labels(F, X, threshold=0.5):
    Y = np.zeros_like(X)
    for rows, columns, _, _ in blocks(F):
        # The way back breaks ties: with one candidate X is 1 for all.
        for r, c in zip(*linear_sum_assignment(-X[rows, columns] - 1e-4 * X[columns, rows].T)):
            if X[rows, columns][r, c] >= threshold:
                Y[rows, columns][r, c] = 1
    return Y


def focal(P, Y, gamma=2.0):
    share = Y.mean() if Y.size else 0.0
    total = 0.0
    for p, y in zip(P.ravel(), Y.ravel()):
        if y:
            total -= (1 - share) * (1 - p) ** gamma * np.log(p)
        else:
            total -= share * p**gamma * np.log(1 - p)
    return total / max(1, P.size)


def asymmetry(P):
    return np.sqrt(((P - P.T) ** 2).sum())


def nuclear(P):
    return np.linalg.svd(P, compute_uv=False).sum()


def sums(P, M):
    return sum(max(0.0, 1 - s) + max(0.0, s - M) for s in [*P.sum(0), *P.sum(1)])


def contrastive(E, identities, temperature):
    losses = []
    for a in range(len(E)):
        same = [b for b in range(len(E)) if b != a and identities[b] == identities[a]]
        negatives = [b for b in range(len(E)) if identities[b] != identities[a]]
        others = sum(np.exp(E[a] @ E[q] / temperature) for q in negatives)
        if negatives:
            likes = [np.exp(E[a] @ E[p] / temperature) for p in same]
            losses += [-np.log(like / (like + others)) for like in likes]
    return mean(losses)


def case(name, sizes, epsilon, seed, delta=0.5, spread=0.4):
    """Frame-sets of two views by turns; each sees people of a crowd of six, whose embeddings vary by `spread`."""
    rng = np.random.default_rng(seed)
    width = 5
    crowd = rng.normal(size=(6, width))
    who = [rng.permutation(6)[:n] for n in sizes]
    F = [crowd[w] + spread * rng.normal(size=(len(w), width)) for w in who]
    F = [f / np.linalg.norm(f, axis=1, keepdims=True) for f in F]
    t = (delta, epsilon)
    X = soft_assignments(F, t)
    P = 1 / (1 + np.exp(-(6 * X - 3 + rng.normal(size=X.shape))))
    Y = pseudo_labels(F, X)
    identities = np.array([p for w in who for p in w], int)
    sets = np.array([s for s, w in enumerate(who) for _ in w], int)
    E = np.concatenate(F)
    terms = {
        "symmetric": symmetric(F, t, unmatched=True),
        "transitive": transitive(F, t, unmatched=True),
        "pseudo_labels": focal(P, Y),
        "symmetry": asymmetry(P),
        "nuclear_norm": nuclear(P) if len(P) else 0.0,
        "sums": sums(P, len(F)),
    }
    weights = {"symmetric": 1, "transitive": 1, "pseudo_labels": 5, "symmetry": 0.002, "nuclear_norm": 1e-4, "sums": 0.004}
    plain = {"symmetric": symmetric(F, t), "transitive": transitive(F, t)}
    return {
        "name": name,
        "width": width,
        "delta": delta,
        "epsilon": epsilon,
        "embedding_sets": [f.ravel().tolist() for f in F],
        "soft_assignments": X.ravel().tolist(),
        "probabilities": P.ravel().tolist(),
        "labels": Y.ravel().tolist(),
        "mvmhat": plain,
        "mvmhat_total": sum(plain.values()),
        "mvmhat_pp": terms,
        "mvmhat_pp_total": sum(weights[key] * value for key, value in terms.items()),
        "unmatched": int(sum(without_match(F, i, j, t).sum() for i, j in oriented_pairs(F))),
        "identities": identities.tolist(),
        "contrastive": contrastive(E, identities, 0.2),
    }


CASES = [
    case("two views at two timesteps", [4, 3, 4, 3], 0.5, 1),
    case("as sharp as in training", [4, 3, 5, 2], 0.1, 2),
    case("another delta", [3, 4, 3], 0.8, 3, delta=0.6),
    case("sets of one and of none", [1, 4, 0, 1, 3], 0.5, 4),
    case("hard to tell apart", [5, 4, 3, 4], 0.5, 5, spread=2.0),
    case("only two sets", [2, 5], 0.3, 6),
    case("only one set", [3], 0.5, 7),
    case("only single people", [1, 1, 1], 0.1, 8),
]

if __name__ == "__main__":
    print(json.dumps(CASES, indent=None, separators=(",", ":")).replace('},{"name"', '},\n{"name"'))

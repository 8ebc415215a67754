"""Average precision of synthetic detections by pycocotools, for main.rs beside it.

    pip install numpy pycocotools && python coco.py
"""

import contextlib
import io

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

IMAGES = 40


def uniform():
    """The same numbers as in main.rs: a linear congruential generator."""
    state = 1
    while True:
        state = (state * 1103515245 + 12345) % 2**31
        yield state / 2**31


u = uniform()
gt, predictions, ignored = [], [], set()
for image in range(1, IMAGES + 1):
    for _ in range(int(next(u) * 7)):
        box = [next(u) * 200, next(u) * 100, 10 + next(u) * 30, 20 + next(u) * 60]
        gt.append(dict(id=len(gt) + 1, image_id=image, category_id=1, bbox=box, area=box[2] * box[3], iscrowd=0))
        if next(u) < 0.2:
            ignored.add(len(gt))
        for _ in range(int(next(u) * 3)):
            moved = [side + (next(u) - 0.5) * 0.4 * box[2 + i % 2] for i, side in enumerate(box)]
            predictions.append(dict(image_id=image, category_id=1, bbox=moved, score=next(u)))
    for _ in range(int(next(u) * 3)):
        box = [next(u) * 200, next(u) * 100, 10 + next(u) * 30, 20 + next(u) * 60]
        predictions.append(dict(image_id=image, category_id=1, bbox=box, score=0.7 * next(u)))


class Evaluation(COCOeval):
    """pycocotools takes `iscrowd` for `ignore`, and lets a crowd be found twice: here only the former is wanted."""

    def _prepare(self):
        super()._prepare()
        for boxes in self._gts.values():
            for box in boxes:
                box["ignore"] = int(box["id"] in ignored)


with contextlib.redirect_stdout(io.StringIO()):
    coco = COCO()
    coco.dataset = dict(images=[dict(id=i + 1) for i in range(IMAGES)], annotations=gt,
                        categories=[dict(id=1, name="person")])
    coco.createIndex()
    evaluation = Evaluation(coco, coco.loadRes(predictions), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
precision = evaluation.eval["precision"][:, :, 0, 0, 2]
print(len(gt), len(ignored), len(predictions))
print([round(float(p), 12) for p in precision.mean(axis=1)])
